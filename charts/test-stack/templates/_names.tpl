{{/* Everything below takes a dict: root (the top context) and role (server or db). */}}

{{- define "test-stack.name" -}}
{{ .role }}-{{ .root.Values.client }}
{{- end }}

{{- define "test-stack.secretName" -}}
db-{{ .Values.client }}-password
{{- end }}

{{- define "test-stack.selector" -}}
medic/client: {{ .root.Values.client | quote }}
medic/role: {{ .role }}
{{- end }}

{{- define "test-stack.labels" -}}
{{ include "test-stack.selector" . }}
app.kubernetes.io/name: {{ .role }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
app.kubernetes.io/part-of: test-stack
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
medic/run-id: {{ .root.Values.runId | quote }}
{{- end }}

{{- define "test-stack.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
{{- with .root.Values.podSecurity.seccompProfile }}
seccompProfile:
  type: {{ . }}
{{- end }}
{{- end }}

{{- define "test-stack.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
