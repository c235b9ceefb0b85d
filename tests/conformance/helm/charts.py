"""Charts that use what charts use: subcharts with conditions, tags, aliases and globals, imported values, libraries, hooks."""

from typing import Any

VIEW = "{{ .Values | toYaml }}\n--- {{ .Chart.Name }} {{ .Chart.IsRoot }} {{ .Template.Name }}\n"
Files = dict[str, str]


def chart(name: str, files: Files | None = None, **metadata: Any) -> Files:
    """Return the files of a chart, with metadata beside name and version given as YAML text."""
    lines = [f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n", *metadata.values()]
    return {"Chart.yaml": "".join(lines), "templates/view.txt": VIEW, **(files or {})}


def inside(folder: str, files: Files) -> Files:
    """Return files moved into a folder."""
    return {f"{folder}/{path}": text for path, text in files.items()}


CHILD = chart(
    "child",
    {
        "values.yaml": "a: 1\nkeep: {x: 1, z: 2}\nglobal: {own: child, shared: child}\nexports: {data: {fromExport: 5}}\ninner: {deep: 7}\n",
        "templates/_h.tpl": '{{ define "who" }}child{{ end }}{{ define "childOnly" }}only{{ end }}',
        "templates/names.txt": '{{ include "who" . }} {{ include "childOnly" . }} {{ .Values.global }}',
    },
)

DEPENDENCIES = """\
dependencies:
- name: child
  version: ">=0.1.0"
  condition: child.enabled,child.alsoEnabled
  import-values:
  - data
  - child: inner
    parent: taken
- name: child
  version: 0.1.x
  alias: second
  tags: [extra]
- name: other
  version: 0.1.0
  tags: [extra, more]
"""

PARENT = {
    **chart(
        "parent",
        {
            "values.yaml": "child: {a: 5, keep: {z: 9}}\nsecond: {a: 6}\nglobal: {shared: parent, deep: {l: 1}}\ntags: {extra: false}\nlist: [1, 2]\nnothing: null\n",
            "templates/_h.tpl": '{{ define "who" }}parent{{ end }}',
            "templates/names.txt": '{{ include "who" . }} {{ keys .Subcharts | sortAlpha }} {{ range $n, $s := .Subcharts }}{{ $s.Values.a }}{{ end }}',
            "templates/files.txt": '{{ .Files.Get "data/a.txt" }}{{ range $p, $_ := .Files.Glob "data/**" }}{{ $p }} {{ end }}{{ .Files.Get "templates/_h.tpl" | quote }}',
            "data/a.txt": "hello\n",
            "data/b/c.txt": "deep\n",
            "templates/NOTES.txt": "notes of {{ .Release.Name }}",
        },
        dependencies=DEPENDENCIES,
    ),
    **inside("charts/child", CHILD),
    **inside("charts/other", chart("other", {"values.yaml": "a: 9\n"})),
    **inside("charts/undeclared", chart("undeclared", {"values.yaml": "u: 1\n"})),
}

LIBRARY = {
    **chart(
        "user",
        {
            "templates/cm.yaml": '{{ include "lib.cm" (dict "name" "x" "root" $) }}',
            "values.yaml": "data: {a: 1, b: text}\n",
        },
        dependencies="dependencies:\n- {name: lib, version: 0.1.0}\n",
    ),
    **inside(
        "charts/lib",
        chart(
            "lib",
            {
                "templates/_cm.tpl": """\
{{- define "lib.cm" -}}
{{- $root := .root -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "%s-%s" $root.Release.Name .name | trunc 63 | trimSuffix "-" }}
data:
{{- range $key, $value := $root.Values.data }}
  {{ $key }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
""",
                "templates/ignored.yaml": 'kind: {{ fail "never" }}',
            },
            type="type: library\n",
        ),
    ),
}

WEB = chart(
    "web",
    {
        "values.yaml": """\
image: {repository: nginx, tag: "", pullPolicy: IfNotPresent}
replicaCount: 2
service: {type: ClusterIP, port: 80}
ingress: {enabled: false, hosts: [{host: a.example, paths: [{path: /, pathType: Prefix}]}], tls: []}
resources: {limits: {cpu: 100m, memory: 128Mi}}
nodeSelector: {}
env: {LOG: debug, SIZE: 10, RATIO: 0.5, FLAG: true}
args: ["--a", "b c", "{{ .Release.Name }}"]
autoscaling: {enabled: false, minReplicas: 1, maxReplicas: 100}
podAnnotations: {}
fullnameOverride: ""
nameOverride: ""
""",
        "templates/_helpers.tpl": """\
{{/* The name. */}}
{{- define "web.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "web.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "web.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "web.name" . }}
{{- with .Chart.AppVersion }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "web.ingress.apiVersion" -}}
{{- if semverCompare ">=1.19-0" .Capabilities.KubeVersion.GitVersion -}}networking.k8s.io/v1{{- else -}}extensions/v1beta1{{- end -}}
{{- end -}}
""",
        "templates/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.fullname" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    metadata:
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args:
          {{- range .Values.args }}
            - {{ tpl . $ | quote }}
          {{- end }}
          env:
            {{- range $name, $value := .Values.env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
      {{- if .Values.nodeSelector }}
      nodeSelector: {{- toYaml .Values.nodeSelector | nindent 8 }}
      {{- end }}
""",
        "templates/ingress.yaml": """\
{{- if .Values.ingress.enabled -}}
{{- $fullName := include "web.fullname" . -}}
{{- $svcPort := .Values.service.port -}}
apiVersion: {{ include "web.ingress.apiVersion" . }}
kind: Ingress
metadata:
  name: {{ $fullName }}
spec:
  rules:
    {{- range .Values.ingress.hosts }}
    - host: {{ .host | quote }}
      http:
        paths:
          {{- range .paths }}
          - path: {{ .path }}
            {{- if and .pathType (semverCompare ">=1.18-0" $.Capabilities.KubeVersion.GitVersion) }}
            pathType: {{ .pathType }}
            {{- end }}
            backend: {service: {name: {{ $fullName }}, port: {number: {{ $svcPort }}}}}
          {{- end }}
    {{- end }}
{{- end }}
""",
        "templates/checksum.txt": '{{ include (print $.Template.BasePath "/deployment.yaml") . | sha256sum }}',
    },
    app='appVersion: "1.16"\n',
)

SCHEMA = chart(
    "strict",
    {
        "values.yaml": "port: 80\nmode: a\n",
        "values.schema.json": '{"type":"object","required":["port"],"properties":{"port":{"type":"integer","minimum":1},"mode":{"enum":["a","b"]}}}',
    },
)

CASES: list[tuple[str, Files, dict[str, Any]]] = [
    ("parent", PARENT, {}),
    ("parent", PARENT, {"child": {"enabled": False}}),
    ("parent", PARENT, {"child": {"alsoEnabled": False, "a": 8}}),
    ("parent", PARENT, {"tags": {"extra": True}, "second": {"keep": {"x": None}, "global": {"own": "second"}}}),
    ("parent", PARENT, {"tags": {"more": True}, "global": {"shared": "user", "deep": {"l": 2, "m": 3}}}),
    ("parent", PARENT, {"list": None, "child": {"keep": None}}),
    ("parent", PARENT, {"child": {"keep": {"w": [1, {"a": None}]}}, "taken": {"deep": 1}}),
    ("user", LIBRARY, {}),
    ("user", LIBRARY, {"data": {"a": None, "c": 1.5}}),
    ("web", WEB, {}),
    (
        "web",
        WEB,
        {"ingress": {"enabled": True}, "nodeSelector": {"disk": "ssd"}, "podAnnotations": {"a/b": "c: d", "n": "1"}},
    ),
    ("web", WEB, {"autoscaling": {"enabled": True}, "fullnameOverride": "x" * 70, "env": {"LOG": None, "BIG": 100}}),
    ("web", WEB, {"nameOverride": "rel", "args": [], "image": {"tag": 7}, "resources": {}}),
    ("strict", SCHEMA, {}),
    ("strict", SCHEMA, {"port": 0}),
    ("strict", SCHEMA, {"port": None}),
    ("strict", SCHEMA, {"mode": "c"}),
    ("strict", SCHEMA, {"port": "80"}),
]
