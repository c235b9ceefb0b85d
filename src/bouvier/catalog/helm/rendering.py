"""A chart with values into objects.

Every template of the chart and its subcharts is in one set: names defined by a parent win over those of its subcharts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.catalog.gotemplate import Limits, TemplateSet
from bouvier.catalog.gotemplate.functions import function
from bouvier.catalog.helm.capabilities import Capabilities, capabilities_record
from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.dependencies import resolve
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.files import files_record
from bouvier.catalog.helm.manifests import Hook, Manifest, documents, hook_of, ordered
from bouvier.catalog.helm.metadata import template_metadata
from bouvier.catalog.helm.schema import check_values
from bouvier.catalog.helm.values import coalesce
from bouvier.catalog.sprig.table import FUNCTIONS as SPRIG
from bouvier.catalog.versions import parse_range, parse_version

NO_VALUE = "<no value>"
NOTES = "NOTES.txt"
SERVICE = "Helm"
"""What `.Release.Service` says: charts write it into the label `managed-by`."""

Lookup = Callable[[str, str, str, str], dict[str, Any]]
"""The function `lookup`: apiVersion, kind, namespace, name to an object, a list, or an empty map."""


class ReleaseFacts(NamedTuple):
    """`.Release` in templates."""

    name: str
    namespace: str
    revision: int = 1
    is_upgrade: bool = False


@dataclass(slots=True)
class Rendered:
    """What a chart becomes."""

    manifests: list[Manifest] = field(default_factory=list)
    """Objects in the order in which they are made."""
    hooks: list[Hook] = field(default_factory=list)
    crds: list[Manifest] = field(default_factory=list)
    """Definitions to be made before everything else, and never changed or removed."""
    notes: str = ""


def render(
    chart: Chart,
    given: dict[str, Any],
    release: ReleaseFacts,
    capabilities: Capabilities | None = None,
    *,
    lookup: Lookup | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Return the objects of a chart with the user's values.

    Raises:
        ChartError: the chart is wrong.
        ValuesError: the values do not fit it.
        TemplateError: a template fails.
    """
    capabilities = capabilities or Capabilities()
    check_chart(chart, capabilities)
    texts = render_texts(chart, given, release, capabilities, lookup=lookup, limits=limits)
    return _sorted_out(resolve(chart, given), texts)


def check_chart(chart: Chart, capabilities: Capabilities) -> None:
    """Refuse what cannot be installed.

    Raises:
        ChartError: a library, or a chart for another version of Kubernetes.
    """
    if chart.is_library:
        raise ChartError(f"{chart.name} is a library: it defines templates for other charts and cannot be installed")
    wanted = chart.metadata.get("kubeVersion")
    if wanted and not parse_range(wanted).matches(parse_version(capabilities.kube_version)):
        raise ChartError(f"{chart.name} needs Kubernetes {wanted}; this is {capabilities.kube_version}")


def render_texts(
    chart: Chart,
    given: dict[str, Any],
    release: ReleaseFacts,
    capabilities: Capabilities,
    *,
    lookup: Lookup | None = None,
    limits: Limits | None = None,
) -> dict[str, str]:
    """Return what each template writes, by its path.

    Raises:
        ChartError, ValuesError, TemplateError: as `render`.
    """
    narrowed = resolve(chart, given)
    values = coalesce(narrowed, given)
    check_values(narrowed, values)
    shared = {
        "Release": _release_map(release),
        "Capabilities": capabilities_record(capabilities),
    }
    templates = TemplateSet(SPRIG | {"lookup": function("ssss", lookup or _nothing)}, limits)
    contexts: dict[str, dict[str, Any]] = {}
    _gather(narrowed, values, shared, contexts, is_root=True)
    sources = {f"{one.path}/{path}": text for one in narrowed.walk() for path, text in one.templates.items()}
    for name in sorted(sources, key=lambda name: (-name.count("/"), name)):
        templates.add(name, sources[name])
    execution = templates.execution()
    return {
        name: execution.render(name, contexts[name]).replace(NO_VALUE, "")
        for name in sorted(contexts)
        if not name.rpartition("/")[2].startswith("_")
    }


def _nothing(_api_version: str, _kind: str, _namespace: str, _name: str) -> dict[str, Any]:
    return {}


def _release_map(release: ReleaseFacts) -> dict[str, Any]:
    return {
        "Name": release.name,
        "Namespace": release.namespace,
        "Revision": release.revision,
        "IsInstall": not release.is_upgrade,
        "IsUpgrade": release.is_upgrade,
        "Service": SERVICE,
    }


def _gather(
    chart: Chart,
    values: dict[str, Any],
    shared: dict[str, Any],
    contexts: dict[str, dict[str, Any]],
    *,
    is_root: bool,
) -> dict[str, Any]:
    """Put the context of each template of a chart and its subcharts into `contexts`; return the chart's own."""
    context: dict[str, Any] = {
        **shared,
        "Chart": template_metadata(chart.metadata, is_root=is_root),
        "Files": files_record(chart.files),
        "Values": values,
        "Subcharts": {},
    }
    for child in chart.subcharts:
        inner = values.get(child.name)
        context["Subcharts"][child.name] = _gather(
            child, inner if isinstance(inner, dict) else {}, shared, contexts, is_root=False
        )
    for path in chart.templates:
        if chart.is_library and not path.rpartition("/")[2].startswith("_"):
            continue
        name = f"{chart.path}/{path}"
        contexts[name] = {**context, "Template": {"Name": name, "BasePath": f"{chart.path}/templates"}}
    return context


def _sorted_out(chart: Chart, texts: dict[str, str]) -> Rendered:
    rendered = Rendered()
    manifests = []
    for name, text in texts.items():
        if name.endswith(NOTES):
            if name == f"{chart.path}/templates/{NOTES}":
                rendered.notes = text.strip()
            continue
        for manifest in documents(name, text):
            hook = hook_of(manifest)
            if hook is None:
                manifests.append(manifest)
            else:
                rendered.hooks.append(hook)
    rendered.manifests = ordered(manifests)
    rendered.hooks.sort(key=lambda hook: (hook.weight, hook.name))
    rendered.crds = [
        manifest
        for one in chart.walk()
        for path, text in sorted(one.crds.items())
        for manifest in documents(f"{one.path}/{path}", text)
    ]
    _refuse_twins(rendered.manifests)
    return rendered


def _refuse_twins(manifests: list[Manifest]) -> None:
    seen: dict[tuple[str, str, str, str], str] = {}
    for one in manifests:
        obj = one.obj
        key = (obj["apiVersion"], obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        if key in seen:
            raise ChartError(f"{one.source} and {seen[key]} both make {obj['kind']} {obj['metadata']['name']}")
        seen[key] = one.source
