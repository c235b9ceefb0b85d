"""What Kubernetes' conformance tests look at in a pod, on a real engine."""

from __future__ import annotations

import aiohttp
import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CONFIGMAPS, PODS, SECRETS
from tests.e2e.node.conftest import OneHost, pod_of, shell
from tests.engines import BUSYBOX

LOG = "/api/v1/namespaces/default/pods/p/log"


async def received(host: OneHost, path: str, protocol: str) -> list[bytes | str]:
    """Return every message of a websocket until the server closes it."""
    url = f"https://127.0.0.1:{host.api.port}/api/v1/namespaces/default/pods/p/{path}"
    headers = {"Authorization": f"Bearer {host.api.token()}"}
    protocols = [protocol] if protocol else []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers, protocols=protocols, ssl=False) as socket,
    ):
        return [message.data async for message in socket]


@pytest.mark.parametrize("protocol", ["channel.k8s.io", ""])
async def test_remote_commands_over_websockets(host: OneHost, protocol: str) -> None:
    """The oldest protocol sends output on channel 1 and nothing else for a success."""
    await host.create(pod_of("p"))
    await host.wait_ready("p")
    found = await received(host, "exec?command=echo&command=remote+execution+test&stdout=1&stderr=1", protocol)
    assert b"".join(found) == b"\x01remote execution test\n"
    failed = await received(host, "exec?command=false&stdout=1&stderr=1", protocol)
    assert failed == [b"\x03command terminated with non-zero exit code: exit status 1"]
    text = await received(host, "exec?command=echo&command=x&stdout=1", "base64.channel.k8s.io")
    assert text == ["1eAo="]


async def test_logs_over_websockets(host: OneHost) -> None:
    """A log comes as plain messages."""
    await host.create(pod_of("p", shell("echo container is alive; sleep 1000")))
    await host.wait_ready("p")
    assert b"".join(await received(host, "log?container=app", "binary.k8s.io")) == b"container is alive\n"


async def test_the_options_of_a_log(host: OneHost) -> None:
    """Each option shows its part; what makes no sense is refused in the original's words."""
    script = "echo one; echo two; sleep 1; echo err >&2; sleep 1; echo three; exit 3"  # streams have no order at once
    await host.create(pod_of("p", shell(script), restartPolicy="Never"))
    await host.wait_phase("p", "Failed")
    assert await host.log("p", stream="Stderr") == "err\n"
    assert await host.log("p", tailLines="1") == "three\n"
    assert await host.log("p", limitBytes="5") == "one\nt"
    assert await host.log("p", stream="Stdout", follow="true") == "one\ntwo\nthree\n"
    stamp, _, line = (await host.log("p", timestamps="true", tailLines="1")).partition(" ")
    assert line == "three\n"
    assert await host.log("p", sinceTime=stamp) == "three\n"
    assert await host.log("p", sinceSeconds="3600", tailLines="0") == ""
    for query, message in (
        ({"tailLines": "-1"}, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "1", "sinceTime": stamp}, "at most one of `sinceTime` or `sinceSeconds` may be specified"),
        ({"stream": "X"}, 'stream: Unsupported value: "X": supported values: "All", "Stderr", "Stdout"'),
        ({"previous": "true"}, 'previous terminated container "app" in pod "p" not found'),
    ):
        with pytest.raises(ApiError) as refused:
            await host.log("p", **query)
        assert message in refused.value.message


async def test_names_inside_a_pod(host: OneHost) -> None:
    """The kernel knows the full name if the pod asks for it, /etc/hosts both; too long a name is told."""
    full = {"hostname": "web", "subdomain": "front", "setHostnameAsFQDN": True}
    await host.create(pod_of("p", shell("hostname; cat /etc/hosts; sleep 1000"), **full))
    await host.wait_ready("p")
    text = await host.log("p")
    assert text.startswith("web.front.default.svc.cluster.local\n# Kubernetes-managed hosts file.\n")
    assert "\tweb.front.default.svc.cluster.local\tweb\n" in text
    long = full | {"hostname": "w" * 63}
    await host.create(pod_of("long", **long))
    await host.wait("long", lambda pod: "64 characters is the max" in str((pod or {}).get("status")))


async def test_what_the_status_says_of_a_container(host: OneHost) -> None:
    """User, mounts, resources and conditions, each of the generation that was seen."""
    context = {"runAsUser": 1000, "runAsGroup": 2000, "supplementalGroups": [3000]}
    volumes = [{"name": "v", "emptyDir": {}}]
    app = shell("trap 'exit 0' TERM; sleep 1000 & wait", volumeMounts=[{"name": "v", "mountPath": "/v"}])
    await host.create(pod_of("p", app, securityContext=context, volumes=volumes))
    pod = await host.wait("p", lambda pod: pod and "user" in str(pod["status"]) and pod)
    entry = pod["status"]["containerStatuses"][0]
    assert entry["user"] == {"linux": {"uid": 1000, "gid": 2000, "supplementalGroups": [2000, 3000]}}
    assert entry["volumeMounts"][0] == {"name": "v", "mountPath": "/v"}
    assert entry["resources"] == {}
    await host.client.patch(PODS, "p", {"spec": {"activeDeadlineSeconds": 1000}}, namespace="default")

    def seen(pod: Obj | None) -> bool:
        status = (pod or {}).get("status") or {}
        own = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
        return status.get("observedGeneration") == 2 and all(c["observedGeneration"] == 2 for c in own)

    await host.wait("p", seen)


async def test_labels_in_files_follow_the_pod(host: OneHost) -> None:
    """A downward API volume is written anew when the labels change."""
    source = {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}}
    script = "while :; do cat /d/labels; echo; sleep 0.2; done"
    app = shell(script, volumeMounts=[{"name": "d", "mountPath": "/d"}])
    pod = pod_of("p", app, volumes=[{"name": "d"} | source])
    await host.create(pod | {"metadata": pod["metadata"] | {"labels": {"key": "one"}}})
    await host.wait_ready("p")
    await host.client.patch(PODS, "p", {"metadata": {"labels": {"key": "two"}}}, namespace="default")
    text = ""
    while 'key="two"' not in text:
        text = await host.log("p")


async def test_kernel_parameters(host: OneHost) -> None:
    """Names of the wrong form are refused, each by itself."""
    wrong = [{"name": name, "value": "1"} for name in ("foo-", "kernel.shmmax", "bar..")]
    with pytest.raises(ApiError) as refused:
        await host.create(pod_of("p", securityContext={"sysctls": wrong}))
    assert 'Invalid value: "foo-"' in refused.value.message
    assert 'Invalid value: "bar.."' in refused.value.message
    assert "kernel.shmmax" not in refused.value.message
    await host.create(pod_of("p", shell("sysctl kernel.shm_rmid_forced; sleep 1000"), securityContext={"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}))  # fmt: skip
    await host.wait_ready("p")
    assert await host.log("p") == "kernel.shm_rmid_forced = 1\n"


@pytest.mark.parametrize("resource", [CONFIGMAPS, SECRETS], ids=["configmaps", "secrets"])
async def test_names_of_variables(host: OneHost, resource: Resource) -> None:
    """Prefixes may be almost anything; the program finds each variable under its whole name."""
    prefixes = ("", "1-", "$_-", "ABC_", "#@!")
    field, data = ("data", {"data-1": "value-1"}) if resource == CONFIGMAPS else ("stringData", {"data-1": "value-1"})
    metadata = {"name": "source", "namespace": "default"}
    await host.client.create(resource, {"apiVersion": "v1", "kind": resource.kind, "metadata": metadata, field: data})
    reference = "configMapRef" if resource == CONFIGMAPS else "secretRef"
    sources = [
        {"prefix": one, reference: {"name": "source"}} if one else {reference: {"name": "source"}} for one in prefixes
    ]
    container = {"name": "app", "image": BUSYBOX, "command": ["env"], "envFrom": sources}
    await host.create(pod_of("p", container, restartPolicy="Never"))
    await host.wait("p", lambda pod: pod if pod and pod["status"].get("phase") == "Succeeded" else None)
    lines = (await host.log("p")).splitlines()
    assert {f"{one}data-1=value-1" for one in prefixes} <= set(lines)
