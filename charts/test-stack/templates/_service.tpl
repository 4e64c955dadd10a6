{{/* Headless: the DNS name answers with the pod's own address, and only while the pod is ready. */}}
{{- define "test-stack.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "test-stack.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "test-stack.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "test-stack.selector" . | nindent 4 }}
  ports:
    - name: {{ .portName }}
      port: {{ .port }}
      targetPort: {{ .portName }}
      protocol: TCP
{{- end }}
