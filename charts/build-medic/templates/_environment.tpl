{{- /* A variable out of a Secret: name, secret, key and, for the error message, the value that names the secret. */}}
{{- define "build-medic.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ required (printf "%s: name the Secret that holds it" .value) .secret }}
      key: {{ .key }}
{{- end }}

{{- define "build-medic.modelEnvironment" -}}
{{- with .Values.model }}
{{- if eq .provider "anthropic" }}
{{ include "build-medic.secretVariable" (dict "name" "ANTHROPIC_API_KEY" "secret" .anthropic.existingSecret "key" .anthropic.key "value" "model.anthropic.existingSecret") }}
{{- with .anthropic.baseUrl }}
- name: ANTHROPIC_BASE_URL
  value: {{ . | quote }}
{{- end }}
{{- else if eq .provider "bedrock" }}
- name: CLAUDE_CODE_USE_BEDROCK
  value: "1"
- name: AWS_REGION
  value: {{ required "model.bedrock.region: name the AWS region" .bedrock.region | quote }}
{{- else if eq .provider "vertex" }}
- name: CLAUDE_CODE_USE_VERTEX
  value: "1"
- name: ANTHROPIC_VERTEX_PROJECT_ID
  value: {{ required "model.vertex.projectId: name the Google Cloud project" .vertex.projectId | quote }}
- name: CLOUD_ML_REGION
  value: {{ required "model.vertex.region: name the region" .vertex.region | quote }}
{{- if .vertex.existingSecret }}
- name: GOOGLE_APPLICATION_CREDENTIALS
  value: /etc/google/{{ .vertex.key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "build-medic.chatEnvironment" -}}
{{- with .Values.chat }}
{{- if eq .kind "rocketchat" }}
- name: ROCKETCHAT_URL
  value: {{ required "chat.url: the address of Rocket.Chat" .url | quote }}
- name: ROCKETCHAT_USER_ID
  value: {{ required "chat.userId: the id of the medic's account" .userId | quote }}
- name: ROCKETCHAT_CHANNEL
  value: {{ required "chat.channel: where escalations go" .channel | quote }}
{{ include "build-medic.chatSecret" (dict "name" "ROCKETCHAT_TOKEN" "chat" .) }}
{{- else if eq .kind "rocketchat-webhook" }}
{{ include "build-medic.chatSecret" (dict "name" "ROCKETCHAT_WEBHOOK_URL" "chat" .) }}
{{- with .channel }}
- name: ROCKETCHAT_CHANNEL
  value: {{ . | quote }}
{{- end }}
{{- else if eq .kind "webhook" }}
{{ include "build-medic.chatSecret" (dict "name" "WEBHOOK_URL" "chat" .) }}
{{- with .signingKey }}
{{ include "build-medic.secretVariable" (dict "name" "WEBHOOK_SECRET" "secret" $.Values.chat.existingSecret "key" . "value" "chat.existingSecret") }}
{{- end }}
{{- else if eq .kind "matrix" }}
- name: MATRIX_URL
  value: {{ required "chat.url: the address of the homeserver" .url | quote }}
- name: MATRIX_ROOM
  value: {{ required "chat.room: where escalations go" .room | quote }}
{{ include "build-medic.chatSecret" (dict "name" "MATRIX_TOKEN" "chat" .) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The chat's credential, whose key in the Secret is the variable's name unless another is given. */}}
{{- define "build-medic.chatSecret" -}}
{{ include "build-medic.secretVariable" (dict "name" .name "secret" .chat.existingSecret "key" (.chat.key | default .name) "value" "chat.existingSecret") }}
{{- end }}

{{- define "build-medic.tracesEnvironment" -}}
{{- with .Values.traces }}
{{- if .endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
{{- if .existingSecret }}
{{ include "build-medic.secretVariable" (dict "name" "OTEL_EXPORTER_OTLP_HEADERS" "secret" .existingSecret "key" .key "value" "traces.existingSecret") }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
