"""A chart of fifty templates into objects: as a preview does it, in a process of its own, and the rendering alone.

The templates are of the sort that people write: names and labels by `include`, ranges, `with`, `toYaml`, `tpl`, `default`.
The floor is Helm's own rendering, through its SDK, in this process.
"""

from __future__ import annotations

import asyncio
import base64
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.options import MissingError, Options
from bench.table import Figure
from bouvier.catalog.helm.loading import load_files
from bouvier.catalog.helm.rendering import ReleaseFacts, render
from bouvier.catalog.rendering.process import run_worker

TEMPLATES = 50
GOAL_MS = 200.0
HELPERS = """\
{{- define "many.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "many.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}
{{- printf "%s-%s" .Release.Name (include "many.name" .) | trunc 63 | trimSuffix "-" }}{{- end }}
{{- end }}
{{- define "many.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "many.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "many.fullname" . }}-NUMBER
  labels:
    {{- include "many.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  selector: {matchLabels: {app: {{ include "many.fullname" . }}-NUMBER}}
  template:
    metadata:
      labels: {app: {{ include "many.fullname" . }}-NUMBER}
      {{- with .Values.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      containers:
      - name: main
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        args:
        {{- range .Values.arguments }}
        - {{ tpl . $ | quote }}
        {{- end }}
        env:
        {{- range $name, $value := .Values.environment }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
"""
VALUES = """\
replicas: 2
nameOverride: ""
image: {repository: registry.example/team/application, tag: ""}
annotations: {example.org/owner: team, example.org/page: "https://example.org"}
arguments: ["--name", "{{ .Release.Name }}", "--level", "info"]
environment: {LOG: debug, SIZE: 10, RATIO: 0.5, FLAG: true, HOST: example.org}
resources: {limits: {cpu: 500m, memory: 128Mi}, requests: {cpu: 100m, memory: 64Mi}}
"""


def run(options: Options) -> Iterator[Figure]:
    files = chart_files()
    rounds = options.rounds(15)
    floor = helm_ms(files, rounds)
    alone = median(timed_ms(lambda: render_here(files)) for _ in range(rounds))
    whole = asyncio.run(worker_ms(files, rounds))
    what = f"chart of {TEMPLATES} templates rendered"
    yield Figure(what, whole, "ms", floor, "Helm's SDK", goal=GOAL_MS, detail="in a process of its own")
    yield Figure(f"{what}, rendering alone", alone, "ms", floor, "Helm's SDK")


def chart_files() -> dict[str, bytes]:
    """Return the files of the chart."""
    texts = {
        "Chart.yaml": "apiVersion: v2\nname: many\nversion: 1.0.0\nappVersion: '1.16'\n",
        "values.yaml": VALUES,
        "templates/_helpers.tpl": HELPERS,
    }
    for number in range(TEMPLATES):
        texts[f"templates/deployment-{number:02d}.yaml"] = DEPLOYMENT.replace("NUMBER", f"{number:02d}")
    return {path: text.encode() for path, text in texts.items()}


def render_here(files: dict[str, bytes]) -> None:
    """Render in this process, from files to objects."""
    rendered = render(load_files(files), {}, ReleaseFacts("rel", "default"))
    assert len(rendered.manifests) == TEMPLATES


async def worker_ms(files: dict[str, bytes], rounds: int) -> float:
    """Return the median of renderings as releases have them done."""
    request = {
        "format": "chart",
        "name": "many",
        "version": "1.0.0",
        "previousVersion": "",
        "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
        "values": {},
        "release": {"name": "rel", "namespace": "default", "revision": 1, "isUpgrade": False},
        "kubeVersion": "v1.37.0",
        "apiVersions": ["v1", "apps/v1"],
    }
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = await run_worker(request, _nothing)
        taken.append((time.perf_counter() - start) * 1000)
        assert len(answer["manifests"]) == TEMPLATES
    return median(taken)


async def _nothing(_api_version: str, _kind: str, _namespace: str, _name: str) -> dict[str, Any]:
    return {}


def helm_ms(files: dict[str, bytes], rounds: int) -> float:
    """Return the median of Helm's own renderings.

    Raises:
        MissingError: its SDK is not installed.
    """
    try:
        import helm_python  # noqa: PLC0415 - only tests and benchmarks have it
    except ImportError:
        raise MissingError("Helm's SDK is not installed: pip install helm-python-sdk") from None
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / "many" / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / "many" / path).write_bytes(content)

        def once() -> None:
            with helm_python.Chart.load(Path(folder) / "many") as chart:
                chart.render({}, name="rel", namespace="default")

        return median(timed_ms(once) for _ in range(rounds))


def timed_ms(work: Callable[[], None]) -> float:
    """Return the milliseconds that some work takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
