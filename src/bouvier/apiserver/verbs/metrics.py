"""Reading `metrics.k8s.io`: answers made of the hosts' summaries, never of the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import render_entry
from bouvier.apiserver.verbs.listing import selection_of, write_list
from bouvier.meta.objects import Obj

GROUP = "metrics.k8s.io"
WINDOW = "15s"


async def answer(call: Call, verb: str) -> Response:
    """Answer a get or a list, the only verbs there are."""
    return await (get(call) if verb == "get" else list_metrics(call))


async def get(call: Call) -> Response:
    """Answer with the metrics of one host or pod."""
    for entry in await _entries(call):
        if entry.name == call.target.name:
            return render_entry(call, entry)
    raise call.missing()


async def list_metrics(call: Call) -> Response:
    """Answer with the metrics of the chosen hosts or pods."""
    selection = selection_of(call)
    chosen = [entry for entry in await _entries(call) if selection.matches(entry)]
    return write_list(call, chosen, {"resourceVersion": str(call.context.hub.revision)})


async def _entries(call: Call) -> list[Entry]:
    summaries = await call.context.measuring.summaries(call.cluster)
    if call.kind.resource.plural == "nodes":
        found = [_node(call, node, summary) for node, summary in sorted(summaries.items())]
    else:
        found = list(_pods(call, summaries))
    return [entry for entry in found if entry is not None]


def _node(call: Call, name: str, summary: Obj) -> Entry | None:
    stored = call.context.hub.resource(call.cluster, "", "nodes").entries.get(f"/{name}")
    if stored is None:
        return None
    node = summary.get("node") or {}
    if "usageNanoCores" not in (node.get("cpu") or {}):
        return None
    body = {"timestamp": node["cpu"]["time"], "window": WINDOW, "usage": _usage(*_amounts(node))}
    return _entry("NodeMetrics", stored, body)


def _pods(call: Call, summaries: dict[str, Obj]) -> Iterator[Entry | None]:
    cache = call.context.hub.resource(call.cluster, "", "pods")
    for summary in summaries.values():
        for pod in summary.get("pods") or ():
            reference = pod["podRef"]
            if call.target.namespace and reference["namespace"] != call.target.namespace:
                continue
            stored = cache.entries.get(f"{reference['namespace']}/{reference['name']}")
            containers = [c for c in pod.get("containers") or () if "usageNanoCores" in c["cpu"]]
            if stored is None or not containers:
                continue
            measured = [{"name": c["name"], "usage": _usage(*_amounts(c))} for c in containers]
            body = {"timestamp": containers[0]["cpu"]["time"], "window": WINDOW, "containers": measured}
            yield _entry("PodMetrics", stored, body)


def _amounts(container: Obj) -> tuple[int, int]:
    """Return processor use in nanocores and memory in bytes."""
    return container["cpu"].get("usageNanoCores") or 0, container["memory"].get("workingSetBytes") or 0


def _usage(nanocores: int, memory_bytes: int) -> dict[str, str]:
    return {"cpu": f"{nanocores}n", "memory": f"{memory_bytes // 1024}Ki"}


def _entry(kind: str, stored: Entry, body: dict[str, Any]) -> Entry:
    """Return the metrics of a stored object, under its name and labels."""
    metadata: dict[str, Any] = {"name": stored.name}
    if stored.namespace:
        metadata["namespace"] = stored.namespace
    metadata["creationTimestamp"] = body["timestamp"]
    if stored.labels:
        metadata["labels"] = stored.labels
    document = {"kind": kind, "apiVersion": f"{GROUP}/v1beta1", "metadata": metadata} | body
    return Entry(stored.namespace, stored.name, orjson.dumps(document), stored.revision)
