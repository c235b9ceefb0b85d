{{- define "postgresql.name" -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "postgresql.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "postgresql.labels" -}}
{{ include "postgresql.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* "true" when data is to outlive the pod: as asked, else if there is storage to claim or was claimed before. */}}
{{- define "postgresql.keeps" -}}
{{- $wish := toString .Values.storage.keep -}}
{{- if eq $wish "auto" -}}
{{- $claimed := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (include "postgresql.name" .) -}}
{{- $classes := (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
{{- if or $claimed $classes }}true{{ end -}}
{{- else if eq $wish "true" }}true{{ end -}}
{{- end }}

{{/* The password: as given, else the one in use, else a new one. */}}
{{- define "postgresql.password" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "postgresql.name" .) -}}
{{- if .Values.password -}}
{{ .Values.password }}
{{- else if $secret -}}
{{ index $secret.data "password" | b64dec }}
{{- else -}}
{{ randAlphaNum 24 }}
{{- end -}}
{{- end }}
