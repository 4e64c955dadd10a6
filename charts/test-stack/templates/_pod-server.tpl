{{/* The one place that says what the server's pod is: the StatefulSet and its declared intent are both made from it. */}}
{{- define "test-stack.pod.server" -}}
metadata:
  labels:
    {{- include "test-stack.labels" . | nindent 4 }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "test-stack.podSecurityContext" (dict "root" .root "user" 1000) | nindent 4 }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: server
      image: {{ .root.Values.images.server | quote }}
      imagePullPolicy: {{ .root.Values.imagePullPolicy }}
      {{- with .root.Values.server.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      env:
        - name: PORT
          value: "8080"
        - name: PGHOST
          value: db-{{ .root.Values.client }}
        - name: PGPORT
          value: "5432"
        - name: PGDATABASE
          value: {{ .root.Values.db.name }}
        - name: PGUSER
          value: {{ .root.Values.db.user }}
        - name: PGPASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ include "test-stack.secretName" .root }}
              key: password
        - name: READY_TIMEOUT_MS
          value: {{ .root.Values.server.readyTimeoutMs | quote }}
        - name: REQUEST_TIMEOUT_MS
          value: {{ .root.Values.server.requestTimeoutMs | quote }}
        - name: SLOW_QUERY_MS
          value: {{ .root.Values.server.slowQueryMs | quote }}
      startupProbe:
        httpGet:
          path: /healthz
          port: http
        {{- toYaml .root.Values.server.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
        {{- toYaml .root.Values.server.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet:
          path: /healthz
          port: http
        {{- toYaml .root.Values.server.probes.liveness | nindent 8 }}
      resources:
        {{- toYaml .root.Values.server.resources | nindent 8 }}
      securityContext:
        {{- include "test-stack.securityContext" . | nindent 8 }}
{{- end }}
