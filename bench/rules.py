"""What a custom object with validation rules costs beside a built-in one, and what one rule takes.

Server and client share this process; processor time of both is counted, so that the ratio is on the safe side of what
the server alone would show. The floor of a rule is the same test written in Python.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.options import Options
from bench.table import Figure
from bouvier.client import Client, Endpoint
from bouvier.meta import resources
from bouvier.meta.cel.program import Environment
from bouvier.meta.cel.types import DYN
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from tests.support.apiserver import running_api

GOAL_RATIO = 3.0
"""A custom object with rules against a built-in one."""
WIDGETS = Resource("bench.example", "v1", "widgets", "Widget")
SPEC: dict[str, Any] = {
    "type": "object",
    "properties": {
        "min": {"type": "integer"},
        "max": {"type": "integer"},
        "names": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 20}},
    },
    "x-kubernetes-validations": [
        {"rule": "self.min <= self.max"},
        {"rule": "self.names.all(name, name.startsWith('a'))"},
        {"rule": "self.names.size() <= 10"},
    ],
}
EXPRESSION = "self.a.b >= 1 && self.a.b <= 10 && self.items.all(x, x.startsWith('v'))"


def run(options: Options) -> Iterator[Figure]:
    """Measure rules alone, then creations."""
    program = Environment({"self": DYN}).compile(EXPRESSION)
    bindings = {"self": {"a": {"b": 3}, "items": ["v1", "v2", "v3"]}}
    rounds = options.size(20_000)
    ours = _microseconds(lambda: program.evaluate(bindings), rounds)
    floor = _microseconds(lambda: _plain(bindings["self"]), rounds)
    yield Figure("a rule of three clauses and a loop over three", ours, "µs", floor, "the same in Python")
    widget, config_map = asyncio.run(_creations(options))
    ratio = widget / config_map
    yield Figure("creating a ConfigMap", config_map, "µs", detail="processor time, client included")
    yield Figure("creating a custom object with three rules", widget, "µs", detail=f"{ratio:.2f} times the ConfigMap")
    yield Figure("custom object against ConfigMap", ratio, "times", goal=GOAL_RATIO)


def _plain(value: dict[str, Any]) -> bool:
    number = value["a"]["b"]
    return number >= 1 and number <= 10 and all(one.startswith("v") for one in value["items"])


def _microseconds(work: Any, rounds: int) -> float:
    start = time.perf_counter()
    for _ in range(rounds):
        work()
    return (time.perf_counter() - start) / rounds * 1e6


async def _creations(options: Options) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with running_api(Path(folder)) as api:
            client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
            await _define(client)
            count, widgets, config_maps = options.size(1000), [], []
            for turn in range(options.rounds(3)):
                config_maps.append(await _create(client, resources.CONFIGMAPS, {"data": {"a": "b"}}, turn, count))
                spec = {"spec": {"min": 1, "max": 2, "names": ["ab", "ac"]}}
                widgets.append(await _create(client, WIDGETS, spec, turn, count))
            await client.close()
            return median(widgets), median(config_maps)


async def _define(client: Client) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": WIDGETS.group, "scope": "Namespaced", "names": names, "versions": [version]}
    definition = {"metadata": {"name": "widgets.bench.example"}, "spec": spec}
    resource = resources.CUSTOMRESOURCEDEFINITIONS
    await client.create(resource, {"apiVersion": resource.api_version, "kind": resource.kind, **definition})
    while True:
        try:
            await client.list(WIDGETS, "default")
        except ApiError:
            await asyncio.sleep(0.05)
        else:
            return


async def _create(client: Client, resource: Resource, content: dict[str, Any], turn: int, count: int) -> float:
    """Return the microseconds of processor time that one creation takes."""
    start = time.process_time()
    for number in range(count):
        metadata = {"name": f"o{turn}-{number}", "namespace": "default"}
        obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **content}
        await client.create(resource, obj, namespace="default")
    return (time.process_time() - start) / count * 1e6
