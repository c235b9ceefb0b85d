"""Releases of charts: installed, changed, rolled back, removed; refused before anything is made."""

from pathlib import Path

from bouvier.kinds.catalog_v1.releases import RESOURCE as RELEASES
from bouvier.meta.resources import SECRETS
from tests.contract.catalog.conftest import Catalogs, write
from tests.contract.controllers.world import NAMESPACE

CHART = {
    "charts/tiny/Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    "charts/tiny/values.yaml": "count: 2\nextra: {a: 1, b: two}\nsecond: false\n",
    "charts/tiny/templates/cm.yaml": """\
{{- define "tiny.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ include "tiny.name" . }}}
data:
  n: {{ mul .Values.count 3 | quote }}
  {{- range $k, $v := .Values.extra }}
  {{ $k }}: {{ $v | toString | upper | quote }}
  {{- end }}
""",
    "charts/tiny/templates/second.yaml": """\
{{- if .Values.second }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-second}
data: {revision: {{ .Release.Revision | quote }}}
{{- end }}
""",
}


async def add_charts(catalog: Catalogs, files: dict[str, str] = CHART) -> Path:
    folder = write(catalog.folder / "source", files)
    await catalog.add("farm", folder=str(folder))
    return folder


async def test_a_chart_from_installation_to_removal(catalog: Catalogs) -> None:
    """Values reach the objects; an upgrade prunes what it no longer has; a rollback brings it back; nothing is left."""
    await add_charts(catalog)
    await catalog.install("rel", catalog="farm", entry="tiny", values={"count": 5, "second": True})
    release = await catalog.ready("rel")
    assert release["status"]["phase"] == "Deployed"
    assert await catalog.config("rel-tiny") == {"n": "15", "a": "1", "b": "TWO"}
    assert await catalog.config("rel-second") == {"revision": "1"}

    await catalog.change("rel", values={"second": None, "extra": {"b": None}})
    await catalog.ready("rel")
    assert await catalog.config("rel-second") is None
    assert await catalog.config("rel-tiny") == {"n": "15", "a": "1", "b": "TWO"}

    await catalog.change("rel", rollbackTo=1)
    release = await catalog.ready("rel")
    assert [(one["revision"], one["status"]) for one in release["status"]["history"]] == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "deployed"),
    ]
    assert await catalog.config("rel-second") == {"revision": "1"}

    await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
    await catalog.world.gone(RELEASES, "rel")
    assert await catalog.config("rel-tiny") is None
    assert (await catalog.admin.list(SECRETS, NAMESPACE, label_selector="owner=helm")).items == []
