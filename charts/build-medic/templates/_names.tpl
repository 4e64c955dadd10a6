{{- define "build-medic.fullname" -}}
{{- $own := contains "build-medic" .Release.Name | ternary .Release.Name (printf "%s-build-medic" .Release.Name) -}}
{{- .Values.fullnameOverride | default $own | trunc 53 | trimSuffix "-" -}}
{{- end }}

{{- define "build-medic.selector" -}}
app.kubernetes.io/name: build-medic
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "build-medic.labels" -}}
{{ include "build-medic.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "build-medic.image" -}}
{{- $repository := required "image.repository: name the registry's repository of the image that you built from the Containerfile" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* "true" when it may write: the rights and the admission policy follow from it. */}}
{{- define "build-medic.acts" -}}
{{ eq .Values.config.mode "act" }}
{{- end }}

{{- define "build-medic.tier2" -}}
{{ ne .Values.model.provider "none" }}
{{- end }}

{{- /* "true" when a node may be uncordoned: only an episode of tier 2 asks for it. */}}
{{- define "build-medic.patchesNodes" -}}
{{ and (eq .Values.config.mode "act") (ne .Values.model.provider "none") .Values.config.allowNodePatch }}
{{- end }}

{{- define "build-medic.hasPolicy" -}}
{{- if eq (toString .Values.admissionPolicy.enabled) "auto" -}}
{{ .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy" }}
{{- else -}}
{{ .Values.admissionPolicy.enabled }}
{{- end -}}
{{- end }}

{{- define "build-medic.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "build-medic.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
{{- with .Values.podSecurity.seccompProfile }}
seccompProfile:
  type: {{ . }}
{{- end }}
{{- end }}

{{- /* Measured: the medic alone up to 129 MiB with 300 pods, 166 MiB with the SDK and traces loaded, its pod up to 169 MiB with what the kernel keeps for it; 220 MiB for each episode at the same time. The limit leaves 234 MiB more. */}}
{{- define "build-medic.resources" -}}
{{- if .Values.resources -}}
{{ toYaml .Values.resources }}
{{- else -}}
{{- $episodes := eq .Values.model.provider "none" | ternary 0 (int .Values.config.maxConcurrentEpisodes) -}}
{{- $memory := add 160 (mul 220 $episodes) -}}
requests:
  cpu: 100m
  memory: {{ $memory }}Mi
limits:
  memory: {{ add $memory 234 }}Mi
{{- end -}}
{{- end }}
