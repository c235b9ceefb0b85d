"""RuntimeClass at admission: what a class adds to a pod, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PODS, RUNTIMECLASSES

CLASS = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "heavy"},
    "handler": "runc",
    "overhead": {"podFixed": {"cpu": "0.25", "memory": "16Mi"}},
    "scheduling": {
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "heavy", "operator": "Exists", "effect": "NoSchedule"}],
    },
}


def pod(**spec: Any) -> Obj:
    container = {"name": "c", "image": "i:1"}
    metadata = {"name": "p", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **spec}}


async def test_a_class_completes_its_pods(client: Client) -> None:
    """Overhead is copied, labels and tolerations are joined to the pod's own."""
    await client.create(RUNTIMECLASSES, CLASS)
    made = await client.create(PODS, pod(runtimeClassName="heavy", nodeSelector={"zone": "a"}))
    assert made["spec"]["overhead"] == {"cpu": "250m", "memory": "16Mi"}
    assert made["spec"]["nodeSelector"] == {"zone": "a", "disk": "fast"}
    assert CLASS["scheduling"]["tolerations"][0] in made["spec"]["tolerations"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"runtimeClassName": "none"}, 'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found'),
        ({"runtimeClassName": "heavy", "overhead": {"cpu": "1"}}, "Overhead doesn't match RuntimeClass's defined"),
        ({"overhead": {"cpu": "1"}}, "Pod Overhead set without corresponding RuntimeClass defined Overhead"),
        (
            {"runtimeClassName": "heavy", "nodeSelector": {"disk": "slow"}},
            r"conflict: runtimeClass.scheduling.nodeSelector\[disk\] = fast; pod.spec.nodeSelector\[disk\] = slow",
        ),
    ],
)
async def test_contradictions_are_refused(client: Client, spec: Obj, message: str) -> None:
    """The refusal names what does not fit."""
    await client.create(RUNTIMECLASSES, CLASS)
    with pytest.raises(ApiError, match=message):
        await client.create(PODS, pod(**spec))
