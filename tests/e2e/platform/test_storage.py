"""Lasting data on a real platform: claims, limits, snapshots, clones, plugins, and what survives kills and restarts."""

import base64
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.support.volume_plugin import Plugin, running_plugin

pytestmark = pytest.mark.skipif(
    "btrfs" not in Path("/proc/filesystems").read_text(), reason="needs a kernel with btrfs"
)


def kubectl(platform: Platform, *words: str, given: Any = None, check: bool = True) -> str:
    done = subprocess.run(
        ["kubectl", "--kubeconfig", str(platform.data / "kubeconfig"), *words],
        input=None if given is None else json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + ("" if check else done.stderr)


def get(platform: Platform, *words: str) -> Any:
    return json.loads(kubectl(platform, "get", *words, "-o", "json"))


def create(platform: Platform, *objects: dict[str, Any]) -> None:
    kubectl(platform, "apply", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": list(objects)})


def claim(name: str, size: str = "64Mi", storage_class: str | None = "btrfs", **spec: Any) -> dict[str, Any]:
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    if storage_class is not None:
        body["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": body}


def pod(name: str, **claims: str) -> dict[str, Any]:
    """Return a pod that sleeps with each claim mounted at `/KEYWORD`."""
    container = {
        "name": "c",
        "image": "bouvier/busybox:1",
        "command": ["sleep", "1000000"],
        "volumeMounts": [{"name": key, "mountPath": f"/{key}"} for key in claims],
    }
    volumes = [{"name": key, "persistentVolumeClaim": {"claimName": value}} for key, value in claims.items()]
    spec = {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def start(platform: Platform, made: dict[str, Any]) -> None:
    create(platform, made)
    ready(platform, made["metadata"]["name"])


def ready(platform: Platform, name: str) -> None:
    kubectl(platform, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")


def shell(platform: Platform, name: str, script: str, *, check: bool = True) -> str:
    return kubectl(platform, "exec", name, "--", "sh", "-c", script, check=check)


def stop(platform: Platform, *names: str) -> None:
    kubectl(platform, "delete", "pod", *names, "--wait", "--ignore-not-found")


def events_of(platform: Platform, name: str) -> str:
    found = get(platform, "events", "--field-selector", f"involvedObject.name={name}")["items"]
    return "\n".join(f"{event['reason']}: {event['message']}" for event in found)


def volume_of(platform: Platform, name: str) -> dict[str, Any]:
    return get(platform, "pv", get(platform, "pvc", name)["spec"]["volumeName"])


def test_data_outlives_pods_kills(platform: Platform) -> None:
    """The default class keeps data over pods and over `kill -9` of node and supervisor, which no container notices."""
    create(platform, claim("keep", storage_class=None), claim("small"))
    start(platform, pod("first", a="keep", b="small"))
    assert get(platform, "pvc", "keep")["spec"]["storageClassName"] == "local"
    shell(platform, "first", "echo one > /a/x; echo two > /b/x; mkdir /b/deep; echo three > /b/deep/y")
    stop(platform, "first")
    start(platform, pod("second", a="keep", b="small"))
    assert shell(platform, "second", "cat /a/x /b/x /b/deep/y").split() == ["one", "two", "three"]

    os.kill(platform.pids()["node"], signal.SIGKILL)
    assert shell_again(platform, "second", "echo four >> /b/x; cat /b/x") == ["two", "four"]
    os.kill(platform.supervisor(), signal.SIGKILL)
    platform.up()
    assert shell_again(platform, "second", "cat /b/x") == ["two", "four"]
    assert get(platform, "pod", "second")["status"]["containerStatuses"][0]["restartCount"] == 0
    stop(platform, "second")
    start(platform, pod("third", a="keep", b="small"))
    assert shell(platform, "third", "cat /a/x /b/x").split() == ["one", "two", "four"]
    stop(platform, "third")


def shell_again(platform: Platform, name: str, script: str) -> list[str]:
    """Run a script in a container as soon as its host is heard of again."""

    def attempt() -> list[str]:
        done = kubectl(platform, "exec", name, "--", "sh", "-c", script, check=False)
        return [] if "rror" in done else done.split()

    return until(attempt, f"exec in {name}")


def test_volumes_are_mounted_again_after_a_reboot(platform: Platform) -> None:
    """When the mounts of the host are gone, as after a reboot, the next start brings them back with their data."""
    create(platform, claim("rebooted"))
    start(platform, pod("booting", a="rebooted"))
    shell(platform, "booting", "echo still > /a/x")
    stop(platform, "booting")
    platform.run("down")
    pool = platform.data / "volumes" / "btrfs"
    subprocess.run(["umount", str(pool)], check=True)
    platform.up()
    until(pool.is_mount, "the pool is mounted")
    start(platform, pod("booted", a="rebooted"))
    assert shell(platform, "booted", "cat /a/x").strip() == "still"
    stop(platform, "booted")


def test_sizes_are_enforced_and_grow(platform: Platform) -> None:
    """Nobody writes more than a btrfs claim holds; the claim can be made larger while it is used, never smaller."""
    create(platform, claim("limited", "16Mi"))
    start(platform, pod("writer", a="limited"))
    refused = shell(platform, "writer", "dd if=/dev/zero of=/a/big bs=1M count=32", check=False)
    assert "quota exceeded" in refused.lower() or "no space" in refused.lower()
    assert int(shell(platform, "writer", "stat -c %s /a/big")) <= 16 << 20
    grow = {"spec": {"resources": {"requests": {"storage": "64Mi"}}}}
    kubectl(platform, "patch", "pvc", "limited", "-p", json.dumps(grow))
    until(lambda: get(platform, "pvc", "limited")["status"]["capacity"]["storage"] == "64Mi", "it has grown")
    shell(platform, "writer", "dd if=/dev/zero of=/a/big bs=1M count=32")
    shrink = {"spec": {"resources": {"requests": {"storage": "8Mi"}}}}
    told = kubectl(platform, "patch", "pvc", "limited", "-p", json.dumps(shrink), check=False)
    assert "can not be less than status.capacity" in told
    stop(platform, "writer")


def test_snapshot_revert_restore_and_clone(platform: Platform) -> None:
    """A claim goes back to its snapshot when nobody uses it; snapshots and claims become new claims."""
    create(platform, claim("state"))
    start(platform, pod("user", a="state"))
    shell(platform, "user", "echo v1 > /a/x")
    made = platform.data_of("volume", "snapshot", "state", "--name", "at-v1")
    assert made["status"]["readyToUse"] is True
    assert made["status"]["restoreSize"] == "64Mi"
    shell(platform, "user", "echo v2 > /a/x; echo more > /a/y")
    refused = platform.run("volume", "revert", "state", "--to", "at-v1", code=1)
    assert "in use by user" in refused
    assert "scale its workload to 0" in refused
    platform.run("volume", "clone", "state", "from-claim")
    platform.run("volume", "clone", "state", "from-snapshot", "--snapshot", "at-v1")
    start(platform, pod("copies", a="from-claim", b="from-snapshot"))
    assert shell(platform, "copies", "cat /a/x /a/y /b/x; ls /b").split() == ["v2", "more", "v1", "x"]
    shell(platform, "copies", "echo own > /a/x")
    assert shell(platform, "user", "cat /a/x").strip() == "v2"
    full = shell(platform, "copies", "dd if=/dev/zero of=/b/big bs=1M count=100", check=False)
    assert "quota exceeded" in full.lower() or "no space" in full.lower()

    stop(platform, "user", "copies")
    platform.run("volume", "revert", "state", "--to", "at-v1")
    start(platform, pod("again", a="state"))
    assert shell(platform, "again", "cat /a/x; ls /a").split() == ["v1", "x"]
    stop(platform, "again")
    assert [s["name"] for s in platform.data_of("volume", "show", "state")["snapshots"]] == ["at-v1"]
    kubectl(platform, "delete", "volumesnapshot", "at-v1", "--wait")
    assert get(platform, "volumesnapshotcontents")["items"] == []
    snapshots = platform.data / "volumes" / "btrfs" / "snapshots"
    assert list(snapshots.iterdir()) == []


def test_deleted_claims_keep_their_data_until_told_otherwise(platform: Platform) -> None:
    """A claim in use stays; deleted, its volume is kept, can be given to a new claim, and goes when data may go."""
    create(platform, claim("precious"))
    start(platform, pod("owner", a="precious"))
    shell(platform, "owner", "echo gold > /a/x")
    folder = platform.data / "volumes" / "btrfs" / "volumes" / volume_of(platform, "precious")["metadata"]["name"]
    kubectl(platform, "delete", "pvc", "precious", "--wait=false")
    assert "Terminating" in kubectl(platform, "get", "pvc", "precious")
    assert shell(platform, "owner", "cat /a/x").strip() == "gold"
    stop(platform, "owner")
    until(lambda: "NotFound" in kubectl(platform, "get", "pvc", "precious", check=False), "the claim goes")
    kept = next(v for v in platform.data_of("volume", "ls")["volumes"] if v.get("formerClaim") == "precious")
    until(lambda: get(platform, "pv", kept["volume"])["status"]["phase"] == "Released", "the volume is kept")

    platform.run("volume", "reuse", kept["volume"], "found")
    start(platform, pod("finder", a="found"))
    assert shell(platform, "finder", "cat /a/x").strip() == "gold"
    assert "in use by finder" in platform.run("volume", "rm", "found", "--data", code=1)
    stop(platform, "finder")
    platform.run("volume", "rm", "found", "--data")
    until(lambda: not folder.exists(), "the data is gone")
    until(lambda: "NotFound" in kubectl(platform, "get", "pv", kept["volume"], check=False), "the volume is gone")


def test_what_cannot_be_is_told(platform: Platform) -> None:
    """Too large, unknown class, an access mode that one host cannot give, a snapshot of a class without: each says why."""
    create(
        platform,
        claim("vast", "900Ti"),
        claim("nowhere", storage_class="gold"),
        claim("shared", accessModes=["ReadWriteMany"]),
        claim("plain", storage_class="local"),
    )
    for name in ("vast", "nowhere", "shared"):
        create(platform, pod(f"with-{name}", a=name))
    start(platform, pod("with-plain", a="plain"))
    until(lambda: "900Ti are asked for and this host's disk can still promise" in events_of(platform, "vast"), "vast")
    until(
        lambda: '"gold" of claim "nowhere" not found; there are: btrfs, local' in events_of(platform, "with-nowhere"),
        "gold",
    )
    until(
        lambda: "access mode ReadWriteMany is not possible with class btrfs" in events_of(platform, "shared"), "modes"
    )
    refused = platform.run("volume", "snapshot", "plain", code=1)
    assert "volumes of class local have no snapshots" in refused
    assert "fits" not in json.dumps(platform.data_of("explain", "pod/with-nowhere")["hosts"][0]["why"])
    stop(platform, "with-vast", "with-nowhere", "with-shared", "with-plain")
    assert get(platform, "volumesnapshots")["items"] == []


def test_each_replica_of_a_stateful_set_has_its_own(platform: Platform) -> None:
    """Claims from templates bind, and a pod of the same name gets the same data back; ephemeral ones go with their pod."""
    template = {"metadata": {"name": "own"}, "spec": claim("own")["spec"]}
    spec = pod("x", own="x")["spec"]
    del spec["volumes"]
    spec["containers"][0]["volumeMounts"].append({"name": "scratch", "mountPath": "/scratch"})
    ephemeral = {"volumeClaimTemplate": {"spec": claim("s", "8Mi")["spec"]}}
    spec["volumes"] = [{"name": "scratch", "ephemeral": ephemeral}]
    labels = {"app": "set"}
    body = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "set"},
        "spec": {
            "replicas": 2,
            "serviceName": "set",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
            "volumeClaimTemplates": [template],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
        },
    }
    create(platform, body)
    kubectl(platform, "rollout", "status", "statefulset/set", "--timeout=60s")
    for name in ("set-0", "set-1"):
        shell(platform, name, f"echo {name} > /own/x; echo tmp > /scratch/x")
    kubectl(platform, "delete", "pod", "set-1", "--wait")
    until(lambda: "set-1" in kubectl(platform, "get", "pods", check=False), "set-1 comes back")
    ready(platform, "set-1")
    assert shell(platform, "set-1", "cat /own/x; ls /scratch").split() == ["set-1"]
    kubectl(platform, "delete", "statefulset", "set", "--wait")
    until(lambda: "set-" not in kubectl(platform, "get", "pvc", "-o", "name"), "the claims go with the set")
    until(
        lambda: "set-" not in json.dumps([v for v in get(platform, "pv")["items"] if "scratch" in json.dumps(v)]),
        "scratch",
    )


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[tuple[str, Plugin]]:
    name = f"shelf{uuid.uuid4().hex[:6]}"
    with running_plugin(name, tmp_path / "volumes") as running:
        yield name, running


def test_a_volume_plugin_is_a_class(platform: Platform, plugin: tuple[str, Plugin]) -> None:
    """A plugin of the engine makes, mounts and removes volumes with the class's options; its refusal is told."""
    name, running = plugin
    shelf = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "shelf"},
        "provisioner": f"docker.bouvier.io/{name}",
        "parameters": {"tier": "gold", "bytes": "${size}"},
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    broken = {**shelf, "metadata": {"name": "broken"}, "parameters": {"fail": "yes"}}
    create(platform, shelf, broken, claim("shelved", "1Mi", "shelf"), claim("failing", "1Mi", "broken"))
    start(platform, pod("reader", a="shelved"))
    assert json.loads(shell(platform, "reader", "cat /a/options.json")) == {"tier": "gold", "bytes": "1048576"}
    shell(platform, "reader", "echo kept > /a/x")
    stop(platform, "reader")
    start(platform, pod("reader", a="shelved"))
    assert shell(platform, "reader", "cat /a/x").strip() == "kept"
    create(platform, pod("refused", a="failing"))
    until(lambda: "the array is full" in events_of(platform, "failing"), "the plugin's words are told")
    stop(platform, "reader", "refused")
    kubectl(platform, "delete", "pvc", "shelved", "failing", "--wait")
    until(lambda: not list(running.root.iterdir()), "the class's policy Delete removes the volume")
    kubectl(platform, "delete", "sc", "shelf", "broken")


def test_volumes_that_users_describe(platform: Platform, tmp_path: Path) -> None:
    """hostPath and local volumes bind by size, class and selector; NFS is mounted or refused by name."""
    tmp_path.chmod(0o755)
    (tmp_path / "x").write_text("hand made")

    def volume(name: str, size: str, **spec: Any) -> dict[str, Any]:
        body = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "storageClassName": "hand", **spec}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": body}

    path = {"hostPath": {"path": str(tmp_path)}}
    share = {"nfs": {"server": "127.0.0.1", "path": "/export"}}
    create(platform, volume("hand-large", "8Gi", **path), volume("hand-small", "2Gi", **path))
    create(platform, volume("share", "1Gi", **share | {"storageClassName": "share"}))
    create(platform, claim("by-hand", "1Gi", "hand"), claim("remote", "1Gi", "share"))
    start(platform, pod("hand", a="by-hand"))
    assert shell(platform, "hand", "cat /a/x") == "hand made"
    assert volume_of(platform, "by-hand")["metadata"]["name"] == "hand-small"
    create(platform, pod("far", a="remote"))
    until(lambda: "FailedMount" in events_of(platform, "far"), "the share cannot be mounted here")
    stop(platform, "hand", "far")
    kubectl(platform, "delete", "pvc", "by-hand", "remote", "--wait")
    kubectl(platform, "delete", "pv", "hand-large", "hand-small", "share", "--wait")


STACK = """
services:
  web:
    image: bouvier/busybox:1
    command: ["sleep", "1000000"]
    stop_grace_period: 0s
    volumes: ["data:/data", "limited:/limited"]
    secrets: [{source: key, target: /etc/key, uid: "103", gid: "104", mode: 0440}, plain]
volumes:
  data: {}
  limited: {driver: btrfs, driver_opts: {size: 8m}}
secrets:
  key: {content: "open sesame"}
  plain: {content: "p"}
"""


def test_named_volumes_of_a_stack_are_kept(platform: Platform, tmp_path: Path) -> None:
    """They outlive the stack, the next one of that name finds them, and they go when asked; secrets have their owner."""
    file = tmp_path / "docker-compose.yml"
    file.write_text(STACK)

    def up() -> str:
        platform.run("stack", "up", "--name", "lasting", "--file", str(file), "--wait")
        return str(get(platform, "pods", "-n", "lasting")["items"][0]["metadata"]["name"])

    def run(script: str) -> str:
        return kubectl(platform, "exec", "-n", "lasting", up(), "--", "sh", "-c", script)

    assert run("stat -c '%u %g %a' -L /etc/key; cat /etc/key").split() == ["103", "104", "440", "open", "sesame"]
    assert run("stat -c '%u %a' -L /run/secrets/plain").split() == ["0", "644"]
    run("echo kept > /data/x; echo too > /limited/x")
    platform.run("stack", "rm", "lasting", "--wait")
    assert {c["metadata"]["name"] for c in get(platform, "pvc", "-n", "lasting")["items"]} == {"data", "limited"}
    assert run("cat /data/x /limited/x").split() == ["kept", "too"]
    platform.run("stack", "rm", "lasting", "--volumes", "--wait")
    until(lambda: "lasting" not in kubectl(platform, "get", "pv"), "the volumes go")
    until(lambda: "NotFound" in kubectl(platform, "get", "ns", "lasting", check=False), "the namespace goes")


def test_secrets_are_sealed_and_rotate(platform: Platform) -> None:
    """The store holds no clear text; a changed secret reaches running containers, but not what is mounted by subPath."""
    word = f"clear-{uuid.uuid4().hex}"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "rotating"}, "stringData": {"key": word}}
    create(platform, secret)
    made = pod("rotated")
    container = made["spec"]["containers"][0]
    made["metadata"]["annotations"] = {"storage.bouvier.io/owner.s": "1000:2000"}
    made["spec"]["volumes"] = [{"name": "s", "secret": {"secretName": "rotating", "defaultMode": 0o400}}]
    container["volumeMounts"] = [
        {"name": "s", "mountPath": "/s"},
        {"name": "s", "mountPath": "/file", "subPath": "key"},
    ]
    container["env"] = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "rotating", "key": "key"}}}]
    start(platform, made)
    assert shell(platform, "rotated", "cat /s/key /file; echo $KEY") == word + word + word + "\n"
    assert shell(platform, "rotated", "stat -c '%u %g %a' -L /s/key").split() == ["1000", "2000", "400"]
    secret["stringData"]["key"] = "second"
    kubectl(platform, "replace", "-f", "-", given=secret)
    until(lambda: shell(platform, "rotated", "cat /s/key") == "second", "the new secret is in the container")
    assert shell(platform, "rotated", "cat /file") == word
    assert shell(platform, "rotated", "stat -c '%u %g %a' -L /s/key").split() == ["1000", "2000", "400"]
    stores = list((platform.data / "store").iterdir())
    assert stores
    assert all(word.encode() not in path.read_bytes() for path in stores)
    assert all(base64.b64encode(word.encode())[:-4] not in path.read_bytes() for path in stores)
    stop(platform, "rotated")
