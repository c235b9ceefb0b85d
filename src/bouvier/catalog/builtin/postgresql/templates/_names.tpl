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
{{- $claimed := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (include "postgresql.name" .) -}}
{{- $class := include "postgresql.class" . -}}
{{- if eq $wish "auto" -}}
{{- if or $claimed $class }}true{{ end -}}
{{- else if eq $wish "true" -}}
{{- if not (or $claimed $class) }}{{ fail "storage.keep: the platform has no storage class to keep data with; add one, or answer false" }}{{ end -}}
true
{{- end -}}
{{- end }}

{{/* The storage class: of what is claimed already, as asked, the default one, or the first. */}}
{{- define "postgresql.class" -}}
{{- $first := "" -}}
{{- $default := "" -}}
{{- range (lookup "storage.k8s.io/v1" "StorageClass" "" "").items -}}
{{- if not $first }}{{ $first = .metadata.name }}{{ end -}}
{{- if eq "true" (dig "annotations" "storageclass.kubernetes.io/is-default-class" "false" .metadata) }}{{ $default = .metadata.name }}{{ end -}}
{{- end -}}
{{- $claimed := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (include "postgresql.name" .) -}}
{{- dig "spec" "storageClassName" "" $claimed | default .Values.storage.class | default $default | default $first -}}
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
