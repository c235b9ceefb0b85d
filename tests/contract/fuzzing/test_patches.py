"""Random patches of all four kinds on real objects: a valid object or a refusal, and nothing else changes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.fuzzing.conftest import Target
from tests.support.raw_api import APPLY, JSON_PATCH, MERGE, STRATEGIC

TEMPLATE = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {
        "containers": [
            {"name": "c", "image": "busybox", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}
        ],
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
}
OBJECTS: dict[str, dict[str, Any]] = {
    "/apis/apps/v1/namespaces/default/deployments": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE},
    },
    "/api/v1/namespaces/default/services": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x"},
        "spec": {"selector": {"app": "x"}, "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]},
    },
    "/api/v1/namespaces/default/configmaps": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"a": "1"},
    },
}
FIELDS = ["metadata", "labels", "annotations", "finalizers", "ownerReferences", "managedFields", "spec", "status", "data",
          "template", "containers", "volumes", "env", "ports", "name", "port", "image", "value", "selector", "matchLabels",
          "replicas", "strategy", "type", "apiVersion", "kind", "$patch", "$retainKeys", "$setElementOrder/ports",
          "$deleteFromPrimitiveList/finalizers", "f:metadata", "uid", "resourceVersion", "namespace", "a", ""]  # fmt: skip
TEXTS = st.sampled_from(
    ["", "x", "a", "replace", "delete", "merge", "default", "Always", "\x00", "é", "-", "80", "RollingUpdate"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4)
POINTERS = st.lists(
    st.sampled_from([*FIELDS, "0", "1", "-", "99999999999999999999", "~", "~0", "~1", "-1", "01"]), max_size=6
).map(lambda parts: "".join(f"/{part}" for part in parts))
STEPS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "nothing"]),
        "path": POINTERS | SCALARS,
    },
    optional={"value": VALUES, "from": POINTERS | SCALARS},
)
PATCHES = {
    MERGE: DOCUMENTS | VALUES,
    STRATEGIC: DOCUMENTS | VALUES,
    APPLY: DOCUMENTS | VALUES,
    JSON_PATCH: st.lists(STEPS, max_size=4) | VALUES,
}


def drawn(strategy: st.SearchStrategy, count: int) -> list[Any]:
    """Return the same examples each time."""
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def collect(one: Any) -> None:
        found.append(one)

    collect()
    return found


def shaped(original: dict[str, Any], patch: Any, number: int) -> Any:
    """Put a random document where the object has something, so that not all are refused at the door."""
    if not isinstance(patch, dict) or number % 3 == 0:
        return patch
    inner: Any = patch
    for field in (("metadata",), ("spec",), ("spec", "template"), ("spec", "template", "spec"))[number % 4][::-1]:
        inner = {field: inner}
    named = {"apiVersion": original["apiVersion"], "kind": original["kind"], "metadata": {"name": "x"}}
    return named | inner if number % 2 else inner


@pytest.mark.parametrize("kind", PATCHES, ids=lambda one: one.split("/")[1].partition("+")[0])
async def test_random_patches(target: Target, kind: str) -> None:
    """What is answered with 200 is a whole object of the same identity; every refusal is a Status and leaves all as it was."""
    for number, patch in enumerate(drawn(PATCHES[kind], 120)):
        path, original = list(OBJECTS.items())[number % len(OBJECTS)]
        where = f"{path}/x"
        if (await target.raw("GET", where)).status == 404:
            await target.raw.ok("POST", path, original)
        body = json.dumps(shaped(original, patch, number))
        before = await target.objects()
        query = {"fieldManager": "fuzz", "force": "true"} if kind == APPLY else {}
        reply = await target.raw("PATCH", where, body, kind=kind, **query)
        after = await target.objects()
        assert reply.status < 500, (body, reply.body, target.logged[-1:])
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        if reply.status >= 400:
            assert reply.body["kind"] == "Status"
            assert not changed, (body, changed)
            continue
        assert {key.rpartition("/")[2] for key in changed} <= {"x"}, (body, changed)
        assert reply.body["kind"] == original["kind"]
        assert (reply.body["metadata"]["name"], reply.body["metadata"]["namespace"]) == ("x", "default")
        again = await target.raw("GET", where)
        if again.status == 200:  # what was accepted once must be acceptable as it is
            put = await target.raw("PUT", where, again.body)
            assert put.status == 200, (body, put.body)
            await target.raw("PATCH", where, {"metadata": {"finalizers": None}}, kind=MERGE)
            await target.raw("DELETE", where)
    await target.is_sound()
