"""Pod Security levels of namespaces as a client meets them."""

import pytest

from bouvier.meta import resources
from bouvier.meta.errors import ApiError

LABEL = "pod-security.kubernetes.io/"


async def label(client, **labels):
    wanted = {LABEL + key.replace("_", "-"): value for key, value in labels.items()}
    return await client.patch(resources.NAMESPACES, "default", {"metadata": {"labels": wanted}})


def pod(name="p", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }


async def test_enforced_level(client):
    """Pods that violate the level are refused with what they do wrong."""
    await label(client, enforce="baseline")

    with pytest.raises(ApiError) as caught:
        await client.create(resources.PODS, pod(hostNetwork=True), namespace="default")

    assert caught.value.message == (
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'
    )
    assert await client.create(resources.PODS, pod(), namespace="default")


async def test_warnings(api, client):
    """The mode warn tells; workloads are told of their pods."""
    await label(client, warn="restricted", enforce="baseline")

    output = await api.kubectl("create", "deployment", "d", "--image=i")

    assert 'Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in output
    assert "deployment.apps/d created" in output


async def test_existing_pods_are_named(api, client):
    """Who tightens a namespace learns which pods would not be let in again."""
    for name in ("a", "b"):
        await client.create(resources.PODS, pod(name), namespace="default")

    output = await api.kubectl("label", "namespace", "default", f"{LABEL}enforce=restricted")

    assert (
        'existing pods in namespace "default" violate the new PodSecurity enforce level "restricted:latest"' in output
    )
    assert "Warning: a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities" in output


async def test_senseless_labels(client):
    """A level that does not exist is refused at the namespace."""
    with pytest.raises(ApiError, match="must be one of privileged, baseline, restricted"):
        await label(client, enforce="tight")
