{{- define "test-stack.statefulSet" -}}
{{- $values := .root.Values }}
{{- $template := include (printf "test-stack.pod.%s" .role) . | fromYaml }}
{{- if hasKey $template "Error" }}
{{- fail (printf "the pod template of %s is no YAML: %s" .role (get $template "Error")) }}
{{- end }}
{{- $container := first $template.spec.containers }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "test-stack.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "test-stack.labels" . | nindent 4 }}
  annotations:
    medic/expected-image: {{ $container.image | quote }}
    medic/expected-replicas: {{ $values.replicas | quote }}
    medic/expected-command: {{ hasKey $container "command" | ternary (toJson $container.command) "" | quote }}
    {{- if $values.expectedTemplate }}
    medic/expected-template: {{ toJson $template | quote }}
    {{- end }}
spec:
  serviceName: {{ include "test-stack.name" . }}
  replicas: {{ $values.replicas }}
  podManagementPolicy: OrderedReady
  updateStrategy:
    type: RollingUpdate
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "test-stack.selector" . | nindent 6 }}
  template:
    {{- toYaml $template | nindent 4 }}
  {{- if and (eq .role "db") (eq $values.storage.kind "claim") }}
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Delete
    whenScaled: Retain
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "test-stack.labels" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $values.storage.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ $values.storage.size }}
  {{- end }}
{{- end }}
