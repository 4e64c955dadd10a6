{{/* The one place that says what the database's pod is: the StatefulSet and its declared intent are both made from it. */}}
{{- define "test-stack.pod.db" -}}
metadata:
  labels:
    {{- include "test-stack.labels" . | nindent 4 }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "test-stack.podSecurityContext" (dict "root" .root "user" 5432) | nindent 4 }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: db
      image: {{ .root.Values.images.db | quote }}
      imagePullPolicy: {{ .root.Values.imagePullPolicy }}
      {{- with .root.Values.db.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: postgres
          containerPort: 5432
          protocol: TCP
      env:
        - name: POSTGRES_DB
          value: {{ .root.Values.db.name }}
        - name: POSTGRES_USER
          value: {{ .root.Values.db.user }}
        - name: POSTGRES_PASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ include "test-stack.secretName" .root }}
              key: password
      startupProbe:
        exec:
          command: [pg_isready, --quiet, --host=127.0.0.1, --port=5432]
        {{- toYaml .root.Values.db.probes.startup | nindent 8 }}
      readinessProbe:
        exec:
          command: [pg_isready, --quiet, --host=127.0.0.1, --port=5432]
        {{- toYaml .root.Values.db.probes.readiness | nindent 8 }}
      livenessProbe:
        tcpSocket:
          port: postgres
        {{- toYaml .root.Values.db.probes.liveness | nindent 8 }}
      resources:
        {{- toYaml .root.Values.db.resources | nindent 8 }}
      securityContext:
        {{- include "test-stack.securityContext" . | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /var/lib/postgresql/data
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if eq .root.Values.storage.kind "emptyDir" }}
    - name: data
      emptyDir:
        sizeLimit: {{ .root.Values.storage.size }}
    {{- end }}
{{- end }}
