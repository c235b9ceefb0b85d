from typing import Any

import pytest

from bouvier.stacks.build import StackPlan, plan_of
from bouvier.stacks.compose.loading import Source
from bouvier.stacks.errors import StackError


def plan(compose: str, rancher: str = "", **more: Any) -> StackPlan:
    return plan_of("shop", Source((compose,), rancher, **more))


def pod(made: StackPlan, name: str = "a") -> dict:
    return made.services[name].workload["spec"]["template"]["spec"]


def other(made: StackPlan, kind: str, name: str) -> dict:
    return next(one for one in made.others if one["kind"] == kind and one["metadata"]["name"] == name)


def test_a_container_of_many_keys() -> None:
    """Each key of Compose stands in the pod's own field."""
    made = plan(
        """
services:
  a:
    image: x
    entrypoint: /run.sh --fast
    command: ["echo", "$$(HOME)"]
    user: "1000:50"
    working_dir: /srv
    read_only: true
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
    privileged: true
    stop_grace_period: 1m
    extra_hosts: ["db:10.0.0.1"]
    sysctls: {net.core.somaxconn: 1024}
    shm_size: 64m
    mem_limit: 128m
    cpus: 0.5
    dns: 8.8.8.8
"""
    )
    spec, container = pod(made), pod(made)["containers"][0]
    assert (container["command"], container["args"]) == (["/run.sh", "--fast"], ["echo", "$$(HOME)"])
    assert container["securityContext"] == {
        "privileged": True,
        "readOnlyRootFilesystem": True,
        "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
        "runAsUser": 1000,
        "runAsGroup": 50,
    }
    assert container["resources"] == {"limits": {"memory": "134217728", "cpu": "500m"}}
    assert spec["terminationGracePeriodSeconds"] == 60
    assert spec["hostAliases"] == [{"ip": "10.0.0.1", "hostnames": ["db"]}]
    assert spec["securityContext"] == {"sysctls": [{"name": "net.core.somaxconn", "value": "1024"}]}
    assert spec["dnsConfig"] == {"nameservers": ["8.8.8.8"]}
    assert container["volumeMounts"] == [{"name": "a-shm", "mountPath": "/dev/shm"}]
    assert made.ignored == []


def test_sidekicks_share_a_pod() -> None:
    """Members become containers, those that start once come first, and lend their volumes."""
    made = plan(
        """
services:
  a: {image: x, labels: {io.rancher.sidekicks: "b, data"}, volumes_from: [data]}
  b: {image: y, network_mode: "container:a"}
  data: {image: z, volumes: [/data], labels: {io.rancher.container.start_once: 'true'}}
"""
    )
    assert list(made.services) == ["a"]
    assert [one["name"] for one in pod(made)["containers"]] == ["a", "b"]
    assert [one["name"] for one in pod(made)["initContainers"]] == ["data"]
    assert pod(made)["containers"][0]["volumeMounts"] == [{"name": "data-0", "mountPath": "/data"}]


def test_links_become_names() -> None:
    """An alias is a Service with the target's pods; a link to another stack leads there."""
    made = plan(
        "services:\n  a: {image: x, links: ['b:store'], external_links: ['crm/db:people']}\n"
        "  b: {image: y, expose: [5432]}\n"
    )
    assert other(made, "Service", "store")["spec"]["selector"] == other(made, "Service", "b")["spec"]["selector"]
    assert other(made, "Service", "store")["spec"]["ports"][0]["port"] == 5432
    assert other(made, "Service", "people")["spec"]["externalName"] == "db.crm.svc.cluster.local"
    assert made.services["a"].needs == {"b"}


def test_published_ports() -> None:
    """A port of every host leads to the service; `mode: host` binds the pod's own host."""
    made = plan("services: {a: {image: x, ports: ['8080:80', {target: 53, published: 53, protocol: udp, mode: host}]}}")
    published = other(made, "Service", "a-published")["spec"]
    assert published["type"] == "LoadBalancer"
    assert [(one["port"], one["targetPort"]) for one in published["ports"]] == [(8080, 80)]
    host = {"containerPort": 53, "protocol": "UDP", "hostPort": 53}
    assert host in pod(made)["containers"][0]["ports"]


def test_upgrade_strategy_and_health() -> None:
    """rancher-compose decides scale, batch, interval, order and probes."""
    rancher = (
        "services: {a: {scale: 3, upgrade_strategy: {batch_size: 2, interval_millis: 2500, start_first: false},"
        " health_check: {port: 80, request_line: 'GET /ok HTTP/1.0', interval: 500, strategy: none}}}"
    )
    made = plan("services: {a: {image: x}}", rancher)
    spec = made.services["a"].workload["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (3, 3)
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 2}
    container = pod(made)["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ok"
    assert "livenessProbe" not in container


def test_global_and_ending_services() -> None:
    """One on each host is a DaemonSet; what ends is a Job whose name follows its template."""
    made = plan("services: {a: {image: x, deploy: {mode: global}}, b: {image: x, restart: 'no'}}")
    assert made.services["a"].workload["kind"] == "DaemonSet"
    job = made.services["b"].workload
    assert (job["kind"], job["metadata"]["name"][:2]) == ("Job", "b-")


def test_balancer_rules() -> None:
    """Host and path rules are an Ingress, a plain port a port of every host; targets have the ports."""
    rancher = """
services:
  lb:
    lb_config:
      port_rules:
        - {source_port: 80, target_port: 8080, hostname: a.example, path: /x, service: a}
        - {source_port: 9000, target_port: 9001, protocol: tcp, service: a}
"""
    made = plan("services: {a: {image: x}, lb: {image: rancher/lb-service-haproxy}}", rancher)
    rule = other(made, "Ingress", "lb")["spec"]["rules"][0]
    assert (rule["host"], rule["http"]["paths"][0]["path"]) == ("a.example", "/x")
    assert other(made, "Service", "lb-a-9000")["spec"]["ports"][0]["targetPort"] == 9001
    assert [one["port"] for one in other(made, "Service", "a")["spec"]["ports"]] == [8080, 9001]


def test_secrets_are_files_and_their_change_is_an_upgrade() -> None:
    """The content stands in a Secret; another content changes the template."""
    text = "services: {a: {image: x, secrets: [key]}}\nsecrets: {key: {file: key.txt}}"
    one, two = (plan(text, files={"key.txt": content}) for content in ("1", "2"))
    assert pod(one)["containers"][0]["volumeMounts"][0]["mountPath"] == "/run/secrets/key"
    assert one.services["a"].workload != two.services["a"].workload


def test_scheduling_labels() -> None:
    """Rules for hosts and against one's own pods."""
    made = plan(
        "services:\n  a:\n    image: x\n    labels:\n      io.rancher.scheduler.affinity:host_label: disk=ssd\n"
        "      io.rancher.scheduler.affinity:container_label_ne:"
        " io.rancher.stack_service.name=$${stack_name}/$${service_name}\n"
    )
    affinity = pod(made)["affinity"]
    assert affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    ]
    term = affinity["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert term["labelSelector"]["matchLabels"] == {
        "stacks.bouvier.io/stack": "shop",
        "stacks.bouvier.io/service": "a",
    }


def test_external_services() -> None:
    """A service elsewhere is a name for addresses, or for another name."""
    compose = "services: {e: {image: rancher/external-service}, h: {image: rancher/external-service}, a: {image: x}}"
    made = plan(compose, "services: {e: {external_ips: [10.1.1.1]}, h: {hostname: db.example}}")
    assert other(made, "EndpointSlice", "e-external")["endpoints"][0]["addresses"] == ["10.1.1.1"]
    assert other(made, "Service", "h")["spec"]["externalName"] == "db.example"


def test_every_ignored_key_is_reported() -> None:
    """With path and reason; keys that begin with x- are nobody's business."""
    made = plan("services: {a: {image: x, ulimits: {nofile: 1}, networks: [back], x-mine: 1}}\nnetworks: {back: {}}")
    assert [one.path for one in made.ignored] == ["services.a.networks.back", "services.a.ulimits"]


@pytest.mark.parametrize(
    ("compose", "message"),
    [
        (
            "services: {a: {image: x, build: .}, b: {build: .}}",
            "services.b.build: an image must be there before its stack",
        ),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [a]}}", "circle of dependence: a → b → a"),
        ("services: {a: {image: x, depends_on: [z]}}", "there is no service z"),
        ("services: {a: {image: x, ports: ['99999:1']}}", "99999 is not a port"),
        ("services: {a: {image: x, imagee: y}}", "did you mean image"),
        ("services: {a: {command: y}}", "a service needs an image"),
        ("services: {a: {image: x, deploy: {replicas: many}}}", "'many' is not a whole number"),
        ("services: {a: {image: x, restart: often}}", "often is none of"),
        ("services: {a_b: {image: x}, a-b: {image: x}}", "would both be named a-b"),
        ("services: {a: {image: x, links: ['b:c']}, b: {image: x}, c: {image: x}}", "the name c would mean both"),
        ("services: {}", "there is no service"),
        ("services: [a]", "expected a mapping of services"),
        ("just text", "expected a mapping"),
    ],
)
def test_bad_input_is_refused(compose: str, message: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(StackError, match=message):
        plan(compose)


def kept(made: StackPlan, kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in made.kept if one["kind"] == kind}


def test_named_volumes_are_claims() -> None:
    """Each named volume, declared or not, is one claim that everybody who names it mounts; the stack does not own it."""
    made = plan(
        """
services:
  a: {image: x, volumes: ["data:/d", "plain:/p:ro"]}
  b: {image: y, volumes: [{type: volume, source: data, target: /e, volume: {subpath: s}}, "old:/o"]}
volumes:
  data: {driver: btrfs, driver_opts: {size: 64m}}
  old: {external: true, name: from-before}
"""
    )
    assert pod(made)["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "plain", "persistentVolumeClaim": {"claimName": "plain"}},
    ]
    mounts = pod(made, "b")["containers"][0]["volumeMounts"]
    assert mounts[0] == {"name": "data", "mountPath": "/e", "subPath": "s"}
    assert pod(made, "b")["volumes"][1]["persistentVolumeClaim"] == {"claimName": "from-before"}
    claims = kept(made, "PersistentVolumeClaim")
    assert claims.keys() == {"data", "plain"}
    assert claims["data"]["spec"]["storageClassName"] == "btrfs"
    assert claims["data"]["spec"]["resources"] == {"requests": {"storage": str(64 << 20)}}
    assert "storageClassName" not in claims["plain"]["spec"]
    assert claims["plain"]["metadata"]["labels"] == {"stacks.bouvier.io/stack": "shop"}
    assert made.ignored == []


def test_drivers_of_the_engine_are_storage_classes() -> None:
    """A volume driver with its options becomes a class; equal ones share it."""
    options = "{driver: local, driver_opts: {type: tmpfs, device: tmpfs, o: size=5m}}"
    made = plan(f"services: {{a: {{image: x, volumes: ['c:/c', 'd:/d']}}}}\nvolumes: {{c: {options}, d: {options}}}")
    classes = kept(made, "StorageClass")
    assert len(classes) == 1
    name, found = next(iter(classes.items()))
    assert found["provisioner"] == "docker.bouvier.io/local"
    assert found["parameters"] == {"type": "tmpfs", "device": "tmpfs", "o": "size=5m"}
    assert found["reclaimPolicy"] == "Retain"
    assert {c["spec"]["storageClassName"] for c in kept(made, "PersistentVolumeClaim").values()} == {name}


def test_volumes_that_cannot_last_are_reported() -> None:
    """A global service and a volume of each container have no claim; both are said."""
    made = plan(
        "services: {a: {image: x, deploy: {mode: global}, volumes: ['c:/c']}, b: {image: x, volumes: ['d:/d']}}\n"
        "volumes: {d: {per_container: true}}"
    )
    assert pod(made)["volumes"] == [{"name": "c", "emptyDir": {}}]
    assert [(one.path, one.reason.split(" lives")[0]) for one in made.ignored] == [
        ("services.a.volumes[0]", "in a global service a named volume"),
        ("services.b.volumes[0]", "a volume of each container"),
    ]
    with pytest.raises(StackError, match="huge is not a size"):
        plan("services: {a: {image: x}}\nvolumes: {d: {driver_opts: {size: huge}}}")


def test_stored_files_have_owners() -> None:
    """uid and gid of a secret or config stand on the pod, its mode in the volume."""
    made = plan(
        """
services:
  a:
    image: x
    secrets: [{source: key, target: /etc/key, uid: "103", gid: "104", mode: 0440}, plain]
    configs: [{source: conf, uid: "7"}]
secrets: {key: {content: k}, plain: {content: p}}
configs: {conf: {content: c}}
"""
    )
    annotations = made.services["a"].workload["spec"]["template"]["metadata"]["annotations"]
    owners = {key: value for key, value in annotations.items() if key.startswith("storage.bouvier.io/owner.")}
    assert owners == {
        "storage.bouvier.io/owner.a-secret-0": "103:104",
        "storage.bouvier.io/owner.a-config-0": "7:0",
    }
    assert pod(made)["volumes"][0]["secret"]["defaultMode"] == 0o440
    assert made.ignored == []
    with pytest.raises(StackError, match="root is not a number"):
        plan("services: {a: {image: x, secrets: [{source: k, uid: root}]}}\nsecrets: {k: {content: x}}")
