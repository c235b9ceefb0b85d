"""Pods on one real host."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import CONFIGMAPS, EVENTS, LEASES, NODES, PODS, SECRETS, SERVICES
from tests.e2e.node.conftest import NODE, OneHost, pod_of, shell


def state_of(pod: Obj | None, index: int = 0) -> Obj:
    return ((pod or {}).get("status") or {}).get("containerStatuses", [{}])[index].get("state") or {}


async def test_a_pod_becomes_ready_and_goes(host: OneHost) -> None:
    """A pod runs with an address, tells its state, and leaves nothing behind when it is deleted."""
    await host.create(pod_of("web"))
    pod = await host.wait_ready("web")
    status = pod["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith("10.213.")
    assert status["qosClass"] == "BestEffort"
    container = status["containerStatuses"][0]
    assert container["containerID"].startswith("docker://")
    assert container["ready"]
    assert container["started"]
    assert container["restartCount"] == 0
    await host.api.kubectl("delete", "pod", "web")
    await host.wait_gone("web")
    assert await host.engine.containers({}) == []
    assert await host.network.observe() == {}
    assert not list(Path(host.options["folder"], "node", "pods").iterdir())


async def test_the_node_registers_itself(host: OneHost) -> None:
    """The Node says what the host is and has, is Ready, and its Lease is renewed."""
    await host.create(pod_of("web"))
    await host.wait_ready("web")
    node = await host.client.get(NODES, NODE)
    ready = condition_of(node, "Ready")
    assert ready is not None
    assert ready["status"] == "True"
    assert node["metadata"]["labels"]["kubernetes.io/os"] == "linux"
    assert int(node["status"]["capacity"]["cpu"]) >= 1
    assert node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("docker://")
    assert any("bouvier/busybox:1" in image["names"] for image in node["status"]["images"])
    lease = await host.client.get(LEASES, NODE, "kube-node-lease")
    assert lease["spec"]["holderIdentity"] == NODE
    async with asyncio.timeout(20):
        while (await host.client.get(LEASES, NODE, "kube-node-lease"))["spec"]["renewTime"] == lease["spec"][
            "renewTime"
        ]:
            await asyncio.sleep(0.1)


async def test_a_container_that_ends_is_restarted_with_back_off(host: OneHost) -> None:
    """The first restart is immediate; the next waits, and the state says for how long."""
    await host.create(pod_of("crash", shell("echo attempt; exit 3")))
    pod = await host.wait(
        "crash", lambda p: p if state_of(p).get("waiting", {}).get("reason") == "CrashLoopBackOff" else None
    )
    container = pod["status"]["containerStatuses"][0]
    assert container["restartCount"] == 1
    assert container["state"]["waiting"]["message"].startswith(
        "back-off 10s restarting failed container=app pod=crash_default("
    )
    assert container["lastState"]["terminated"]["exitCode"] == 3
    assert container["lastState"]["terminated"]["reason"] == "Error"
    assert pod["status"]["phase"] == "Running"
    async with asyncio.timeout(20):
        while "BackOff" not in await host.event_reasons("crash"):
            await asyncio.sleep(0.05)
    assert await host.log("crash") == "attempt\n"
    assert await host.log("crash", previous="true") == "attempt\n"


async def test_pods_that_run_once(host: OneHost) -> None:
    """Success and failure end the pod; its log stays until it is deleted."""
    await host.create(pod_of("good", shell("echo done"), restartPolicy="Never"))
    await host.create(pod_of("bad", shell("echo problem > /dev/termination-log; exit 1"), restartPolicy="Never"))
    good, bad = await host.wait_phase("good", "Succeeded"), await host.wait_phase("bad", "Failed")
    assert state_of(good)["terminated"]["reason"] == "Completed"
    assert state_of(bad)["terminated"]["message"] == "problem\n"
    ready = condition_of(good, "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"]) == ("False", "PodCompleted")
    assert await host.log("good") == "done\n"


async def test_init_containers_and_sidecars(host: OneHost) -> None:
    """Init containers run in order, a sidecar stays beside them, and a pod that runs once still ends."""
    mount = {"volumeMounts": [{"name": "shared", "mountPath": "/s"}]}
    init = [
        shell("echo one >> /s/order", "first", **mount),
        shell(
            "echo side >> /s/order; trap 'echo last >> /s/order; exit 0' TERM; sleep 1000 & wait",
            "side",
            restartPolicy="Always",
            **mount,
        ),
        shell("while ! grep -q side /s/order; do sleep 0.05; done; echo two >> /s/order", "second", **mount),
    ]
    pod = pod_of("ordered", shell("cat /s/order", **mount), initContainers=init, restartPolicy="Never")
    pod["spec"]["volumes"] = [{"name": "shared", "emptyDir": {}}]
    await host.create(pod)
    done = await host.wait_phase("ordered", "Succeeded")
    assert await host.log("ordered", container="app") == "one\nside\ntwo\n"
    assert [entry["name"] for entry in done["status"]["initContainerStatuses"]] == ["first", "side", "second"]


async def test_a_missing_image_is_named(host: OneHost) -> None:
    """An image that cannot be had stops the container with a reason, and the next try waits."""
    missing = {"name": "app", "image": "127.0.0.1:1/no/such:1"}
    never = {"name": "app", "image": "no/such:1", "imagePullPolicy": "Never"}
    bad = {"name": "app", "image": "Not An Image"}
    await host.create(pod_of("missing", missing))
    await host.create(pod_of("never", never))
    await host.create(pod_of("bad", bad))

    def reason_is(reason: str):
        return lambda p: state_of(p).get("waiting") if state_of(p).get("waiting", {}).get("reason") == reason else None

    assert "127.0.0.1:1/no/such:1" in (await host.wait("missing", reason_is("ErrImagePull")))["message"]
    assert "Never" in (await host.wait("never", reason_is("ErrImageNeverPull")))["message"]
    assert "Not An Image" in (await host.wait("bad", reason_is("InvalidImageName")))["message"]
    assert "Back-off pulling image" in (await host.wait("missing", reason_is("ImagePullBackOff")))["message"]
    assert "Failed" in await host.event_reasons("missing")


async def test_environment(host: OneHost) -> None:
    """Values come from texts, other variables, ConfigMaps, Secrets, the pod itself, its limits and services."""
    meta = {"namespace": "default"}
    await host.client.create(
        CONFIGMAPS,
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": meta | {"name": "cm"},
            "data": {"k": "from-map", "e": "1"},
        },
    )
    secret = base64.b64encode(b"hidden").decode()
    await host.client.create(
        SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": meta | {"name": "s"}, "data": {"p": secret}}
    )
    ports = {"clusterIP": "10.43.7.7", "ports": [{"port": 80, "name": "http"}]}
    await host.client.create(
        SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta | {"name": "my-db"}, "spec": ports}
    )
    env = [
        {"name": "A", "value": "a"},
        {"name": "B", "value": "$(A)-$(NONE)-$$(A)"},
        {"name": "MAP", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}},
        {"name": "ABSENT", "valueFrom": {"secretKeyRef": {"name": "none", "key": "p", "optional": True}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
    ]
    resources = {"limits": {"cpu": "250m", "memory": "32Mi"}}
    app = shell(
        "env; echo args $0",
        env=env,
        envFrom=[{"prefix": "P_", "configMapRef": {"name": "cm"}}],
        args=["$(A)!"],
        resources=resources,
    )
    await host.create(pod_of("env", app, restartPolicy="Never"))
    pod = await host.wait_phase("env", "Succeeded")
    lines = set((await host.log("env")).splitlines())
    expected = {
        "A=a",
        "B=a-$(NONE)-$(A)",
        "MAP=from-map",
        "SECRET=hidden",
        "POD=env",
        "CPU=250",
        "P_k=from-map",
        "P_e=1",
    }
    assert expected <= lines
    assert f"IP={pod['status']['podIP']}" in lines
    assert {"MY_DB_SERVICE_HOST=10.43.7.7", "MY_DB_SERVICE_PORT_HTTP=80", "args a!"} <= lines
    assert not any(line.startswith("ABSENT") for line in lines)
    assert pod["status"]["qosClass"] == "Guaranteed"


async def test_a_missing_config_map_is_waited_for(host: OneHost) -> None:
    """The state names what is missing; the container starts as soon as it is there."""
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "k"}}}]
    await host.create(pod_of("wants", shell("sleep 1000", env=env)))
    waiting = await host.wait(
        "wants", lambda p: state_of(p).get("waiting") if state_of(p).get("waiting", {}).get("message") else None
    )
    assert waiting == {"reason": "CreateContainerConfigError", "message": 'configmap "late" not found'}
    meta = {"namespace": "default", "name": "late"}
    await host.client.create(
        CONFIGMAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}}
    )
    await host.wait_ready("wants")


async def test_volumes(host: OneHost) -> None:
    """Files from objects with their modes, memory, host paths and sub paths; a changed object changes the files."""
    folder = Path(host.options["folder"], "given")
    folder.mkdir()
    (folder / "f").write_text("of-host")
    meta = {"namespace": "default", "name": "cm"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "one", "other": "x"}}
    await host.client.create(CONFIGMAPS, config)
    volumes = [
        {"name": "map", "configMap": {"name": "cm", "items": [{"key": "k", "path": "sub/k", "mode": 0o400}]}},
        {"name": "all", "configMap": {"name": "cm"}},
        {"name": "down", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        {"name": "mem", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "host", "hostPath": {"path": str(folder), "type": "Directory"}},
    ]
    mounts = [
        {"name": "map", "mountPath": "/map"},
        {"name": "all", "mountPath": "/one-file", "subPath": "k"},
        {"name": "down", "mountPath": "/down"},
        {"name": "mem", "mountPath": "/mem"},
        {"name": "host", "mountPath": "/host", "readOnly": True},
    ]
    script = (
        "cat /map/sub/k; echo; stat -Lc %a /map/sub/k; cat /one-file; echo; cat /down/labels; echo; df /mem | tail -1; cat /host/f; echo;"
        "touch /host/x 2>/dev/null || echo ro; ls /var/run/secrets/kubernetes.io/serviceaccount; while ! grep -q two /map/sub/k; do sleep 0.05; done; echo seen; sleep 1000"
    )
    pod = pod_of("vol", shell(script, volumeMounts=mounts), volumes=volumes)
    pod["metadata"]["labels"] = {"a": "b"}
    await host.create(pod)
    await host.wait_ready("vol")
    async with asyncio.timeout(20):
        while "namespace\n" not in (text := await host.log("vol")):
            await asyncio.sleep(0.05)
    assert text.startswith('one\n400\none\na="b"\n')
    assert " 1024 " in text
    assert "of-host\nro\nca.crt\nnamespace\n" in text
    await host.client.patch(CONFIGMAPS, "cm", {"data": {"k": "two"}}, namespace="default")
    async with asyncio.timeout(20):
        while "seen" not in await host.log("vol"):
            await asyncio.sleep(0.05)


async def test_an_unsupported_volume_is_refused_by_name(host: OneHost) -> None:
    """A volume of a kind that cannot be made keeps the pod waiting and says which."""
    await host.create(pod_of("nfs", volumes=[{"name": "v", "nfs": {"server": "s", "path": "/"}}]))
    waiting = await host.wait(
        "nfs", lambda p: state_of(p).get("waiting") if state_of(p).get("waiting", {}).get("message") else None
    )
    assert 'volume "v"' in waiting["message"]
    assert "nfs" in waiting["message"].lower()
    async with asyncio.timeout(20):
        while "FailedMount" not in await host.event_reasons("nfs"):
            await asyncio.sleep(0.05)


async def test_probes(host: OneHost) -> None:
    """Readiness follows its probe, and a container whose liveness fails is restarted."""
    serve = "mkdir /w; cd /w; touch alive; echo ok > index.html; trap 'exit 0' TERM; httpd -f -p 8080 & wait"
    http = {"httpGet": {"path": "/ready", "port": "web"}, "periodSeconds": 1}
    live = {
        "exec": {"command": ["test", "-e", "/w/alive"]},
        "periodSeconds": 1,
        "failureThreshold": 1,
        "initialDelaySeconds": 1,
    }
    start = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    app = shell(
        serve,
        ports=[{"name": "web", "containerPort": 8080}],
        readinessProbe=http,
        livenessProbe=live,
        startupProbe=start,
    )
    await host.create(pod_of("probed", app))
    pod = await host.wait(
        "probed", lambda p: p if p and p["status"].get("containerStatuses", [{}])[0].get("started") else None
    )
    assert not pod["status"]["containerStatuses"][0]["ready"]
    await host.api.kubectl("exec", "probed", "--", "touch", "/w/ready")
    await host.wait_ready("probed")
    await host.api.kubectl("exec", "probed", "--", "rm", "/w/ready", "/w/alive")
    restarted = await host.wait(
        "probed", lambda p: p if p and p["status"]["containerStatuses"][0]["restartCount"] else None
    )
    assert restarted["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] in (0, 137, 143)
    reasons = await host.event_reasons("probed")
    assert "Unhealthy" in reasons
    assert "failed liveness probe, will be restarted" in reasons["Killing"]


async def test_graceful_stop(host: OneHost) -> None:
    """A deleted pod is not ready at once; its preStop hook runs, then it may end by itself."""
    script = "trap 'echo stopped > /out/end; exit 0' TERM; sleep 1000 & wait"
    hook = {
        "preStop": {
            "exec": {"command": ["sh", "-c", "echo hook > /out/hook; while [ ! -e /out/go ]; do sleep 0.05; done"]}
        }
    }
    folder = Path(host.options["folder"], "out")
    folder.mkdir()
    app = shell(script, lifecycle=hook, volumeMounts=[{"name": "out", "mountPath": "/out"}])
    pod = pod_of(
        "graceful", app, volumes=[{"name": "out", "hostPath": {"path": str(folder)}}], terminationGracePeriodSeconds=20
    )
    await host.create(pod)
    await host.wait_ready("graceful")
    await host.client.delete(PODS, "graceful", "default")
    ready = await host.wait(
        "graceful", lambda p: c if (c := condition_of(p or {}, "Ready")) and c["status"] == "False" else None
    )
    assert ready["reason"] == "ContainersNotReady"
    async with asyncio.timeout(20):
        while not (folder / "hook").exists():
            await asyncio.sleep(0.02)
    assert not (folder / "end").exists()
    (folder / "go").touch()
    await host.wait_gone("graceful")
    assert (folder / "end").read_text() == "stopped\n"


async def test_a_stubborn_container_is_killed(host: OneHost) -> None:
    """After the grace period nothing is waited for; a shorter one may be asked for while waiting."""
    await host.create(
        pod_of("stubborn", shell("trap '' TERM; while :; do sleep 1; done"), terminationGracePeriodSeconds=600)
    )
    await host.wait_ready("stubborn")
    await host.client.delete(PODS, "stubborn", "default")
    await host.wait("stubborn", lambda p: p and p["metadata"].get("deletionTimestamp"))
    await host.client.delete(PODS, "stubborn", "default", grace_seconds=1)
    await host.wait_gone("stubborn")
    assert await host.engine.containers({}) == []


async def test_a_forced_deletion_leaves_nothing(host: OneHost) -> None:
    """When the object is gone at once, the host clears up all the same."""
    await host.create(pod_of("forced"))
    await host.wait_ready("forced")
    await host.api.kubectl("delete", "pod", "forced", "--force", "--grace-period=0")
    async with asyncio.timeout(20):
        while await host.engine.containers({}):
            await asyncio.sleep(0.05)


async def test_security_and_names(host: OneHost) -> None:
    """User, groups, host name, hosts file and resolver are as the pod asks."""
    spec = {
        "securityContext": {"runAsUser": 1000, "runAsGroup": 2000, "fsGroup": 3000},
        "hostname": "named",
        "subdomain": "sub",
        "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["alias.test"]}],
        "dnsConfig": {"searches": ["extra.test"]},
        "volumes": [{"name": "e", "emptyDir": {}}],
    }
    script = "id -u; id -g; touch /e/x && stat -c %g /e/x; hostname; grep alias.test /etc/hosts; grep named /etc/hosts; cat /etc/resolv.conf"
    await host.create(
        pod_of("secure", shell(script, volumeMounts=[{"name": "e", "mountPath": "/e"}]), restartPolicy="Never", **spec)
    )
    pod = await host.wait_phase("secure", "Succeeded")
    text = await host.log("secure")
    assert text.startswith("1000\n2000\n3000\nnamed\n10.1.2.3\talias.test\n")
    assert f"{pod['status']['podIP']}\tnamed.sub.default.svc.cluster.local\tnamed" in text
    assert "extra.test" in text


async def test_root_is_refused_where_the_pod_says_so(host: OneHost) -> None:
    """`runAsNonRoot` with an image that runs as root is an error with the container's name."""
    await host.create(pod_of("root", shell("id", securityContext={"runAsNonRoot": True})))
    waiting = await host.wait(
        "root", lambda p: state_of(p).get("waiting") if state_of(p).get("waiting", {}).get("message") else None
    )
    assert waiting["reason"] == "CreateContainerConfigError"
    assert "image will run as root" in waiting["message"]


async def test_a_program_that_is_not_there(host: OneHost) -> None:
    """A container that cannot be started says which program is missing."""
    await host.create(pod_of("typo", {"name": "app", "image": "bouvier/busybox:1", "command": ["/no/such"]}))
    waiting = await host.wait(
        "typo",
        lambda p: (
            state_of(p).get("waiting") if state_of(p).get("waiting", {}).get("reason") == "RunContainerError" else None
        ),
    )
    assert "/no/such" in waiting["message"]


async def test_too_much_memory(host: OneHost) -> None:
    """A container beyond its limit is killed, and its state says why."""
    app = shell("head -c 60m /dev/zero | tail", resources={"limits": {"memory": "10Mi"}})
    await host.create(pod_of("oom", app, restartPolicy="Never"))
    pod = await host.wait_phase("oom", "Failed")
    assert state_of(pod)["terminated"]["reason"] == "OOMKilled"


async def test_a_pod_that_cannot_begin_is_not_restarted(host: OneHost) -> None:
    """What the kernel refuses is told and tried again ever more rarely; its containers have never run."""
    await host.create(pod_of("odd", securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "10000000000"}]}))

    async def tries() -> int:
        events = await host.client.list(EVENTS, "default", field_selector="involvedObject.name=odd")
        return max((e.get("count", 1) for e in events.items if e["reason"] == "FailedCreatePodSandBox"), default=0)

    async with asyncio.timeout(60):
        while await tries() < 3:
            await asyncio.sleep(0.1)
    pod = await host.pod("odd")
    assert pod
    entry = pod["status"]["containerStatuses"][0]
    assert entry["restartCount"] == 0
    assert "kernel/msgmax" in entry["state"]["waiting"]["message"]


async def test_a_pod_past_its_deadline_fails(host: OneHost) -> None:
    """`activeDeadlineSeconds` ends a pod that runs too long."""
    await host.create(pod_of("late", activeDeadlineSeconds=1))
    pod = await host.wait_phase("late", "Failed")
    assert pod["status"]["reason"] == "DeadlineExceeded"


async def test_pods_share_processors_by_their_requests(host: OneHost) -> None:
    """The pod's own control group has the weight of its requests."""
    app = shell("sleep 1000", resources={"requests": {"cpu": "500m"}})
    await host.create(pod_of("weighed", app))
    pod = await host.wait_ready("weighed")
    group = f"{host.options['cgroup_parent']}/pods/burstable/pod{pod['metadata']['uid']}".strip("/")
    first, second = Path("/sys/fs/cgroup/cpu", group, "cpu.shares"), Path("/sys/fs/cgroup", group, "cpu.weight")
    assert (first if first.exists() else second).read_text().strip() in ("512", "20")


async def test_a_quiet_pod_is_not_written(host: OneHost) -> None:
    """While nothing happens, several heartbeats of the host leave the pod's object as it is."""
    await host.create(pod_of("quiet"))
    await host.wait_ready("quiet")
    seen: dict[str, str] = {}
    async with asyncio.timeout(30):
        while len(seen) < 3:
            lease = await host.client.get(LEASES, NODE, "kube-node-lease")
            pod = await host.pod("quiet")
            assert pod is not None
            seen[lease["spec"]["renewTime"]] = pod["metadata"]["resourceVersion"]
            await asyncio.sleep(0.1)
    assert len(set(seen.values())) == 1


async def test_a_pod_for_which_there_is_no_room_is_refused(host: OneHost) -> None:
    """A pod that names its host itself fails with the reason when a port is taken or too much is asked for."""
    port = {"containerPort": 8080, "hostPort": 21017}
    await host.create(pod_of("first", shell("sleep 1000", ports=[port])))
    await host.wait_ready("first")
    await host.create(pod_of("second", shell("sleep 1000", ports=[port])))
    status = (await host.wait_phase("second", "Failed"))["status"]
    assert status["reason"] == "NodePorts"
    assert status["message"].startswith("Pod was rejected: Predicate NodePorts failed")
    assert "containerStatuses" not in status
    assert "NodePorts" in await host.event_reasons("second")
    await host.create(pod_of("huge", shell("sleep 1000", resources={"requests": {"cpu": "1000"}})))
    assert (await host.wait_phase("huge", "Failed"))["status"]["reason"] == "OutOfcpu"
    await host.stop_agent()
    host.start_agent()
    await host.create(pod_of("third"))
    await host.wait_ready("third")
    assert await host.pod("second") == await host.wait_phase("second", "Failed")
    await host.wait_ready("first")
    await host.api.kubectl("delete", "pod", "second", "huge")
    await host.wait_gone("second")
