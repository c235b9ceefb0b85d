{{- define "redis.name" -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "redis.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "redis.labels" -}}
{{ include "redis.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* "true" when data is to outlive the pod: as asked, else if there is storage to claim or was claimed before. */}}
{{- define "redis.keeps" -}}
{{- $wish := toString .Values.storage.keep -}}
{{- if eq $wish "auto" -}}
{{- $claimed := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (include "redis.name" .) -}}
{{- $classes := (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
{{- if or $claimed $classes }}true{{ end -}}
{{- else if eq $wish "true" }}true{{ end -}}
{{- end }}

{{/* The password: as given, else the one in use, else a new one. */}}
{{- define "redis.password" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "redis.name" .) -}}
{{- if .Values.password -}}
{{ .Values.password }}
{{- else if $secret -}}
{{ index $secret.data "password" | b64dec }}
{{- else -}}
{{ randAlphaNum 24 }}
{{- end -}}
{{- end }}
