"""What a run becomes: the objects that are created for options as typed."""

import json
from typing import Any

import pytest

from bouvier.cli.docker_run.objects import objects_of
from bouvier.cli.docker_run.request import RunRequest


def make(image: str = "bouvier/sample:1", **options: Any) -> list[dict[str, Any]]:
    return objects_of(RunRequest(image=image, **options), "qrst", {"PASSED": "on"})


def container_of(obj: dict[str, Any]) -> dict[str, Any]:
    spec = obj["spec"]["template"]["spec"] if obj["kind"] == "Deployment" else obj["spec"]
    return spec["containers"][0]


def test_a_plain_run_is_a_deployment_named_after_its_image() -> None:
    """Without options an image is kept alive, under a name made from its own."""
    (deployment,) = make("registry.example:5000/team/Web_App:2".lower())

    assert deployment["kind"] == "Deployment"
    assert deployment["metadata"]["name"] == "web-app-qrst"
    assert deployment["spec"]["replicas"] == 1
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("options", "policy"),
    [({"rm": True}, "Never"), ({"restart": "no"}, "Never"), ({"restart": "on-failure"}, "OnFailure")],
)
def test_a_run_that_ends_is_a_pod(options: dict[str, Any], policy: str) -> None:
    """--rm, --restart no and on-failure make a pod that is not replaced."""
    (pod,) = make(**options)

    assert (pod["kind"], pod["spec"]["restartPolicy"]) == ("Pod", policy)


def test_options_of_the_container_become_its_fields() -> None:
    """Command, environment, limits, security and health arrive in Kubernetes' own fields."""
    (deployment,) = make(
        command=("serve", "--rm=true"),
        entrypoint="/bin/app",
        env=("A=1=2", "PASSED", "ABSENT"),
        cpus="0.5",
        memory="1.5g",
        memory_reservation="64m",
        user="1000:root",
        cap_add=("CAP_NET_ADMIN",),
        cap_drop=("all",),
        read_only=True,
        security_opt=("no-new-privileges",),
        health_cmd="wget -q localhost",
        health_interval="1m30s",
        workdir="/srv",
        pull="never",
        interactive=True,
        tty=True,
    )

    assert container_of(deployment) == {
        "name": "sample-qrst",
        "image": "bouvier/sample:1",
        "command": ["/bin/app"],
        "args": ["serve", "--rm=true"],
        "workingDir": "/srv",
        "env": [{"name": "A", "value": "1=2"}, {"name": "PASSED", "value": "on"}],
        "resources": {"limits": {"cpu": "500m", "memory": "1536Mi"}, "requests": {"memory": "64Mi"}},
        "securityContext": {
            "runAsUser": 1000,
            "runAsGroup": 0,
            "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
        },
        "readinessProbe": {
            "exec": {"command": ["/bin/sh", "-c", "wget -q localhost"]},
            "periodSeconds": 90,
            "timeoutSeconds": 30,
            "failureThreshold": 3,
        },
        "imagePullPolicy": "Never",
        "stdin": True,
        "tty": True,
    }


def test_options_of_the_pod_become_its_fields() -> None:
    """Hosts, DNS, namespaces of the host and the grace belong to the pod."""
    (deployment,) = make(
        hostname="front",
        add_host=("db:10.0.0.7", "store:10.0.0.7"),
        dns=("10.0.0.53",),
        dns_option=("ndots:2", "rotate"),
        network="host",
        pid="host",
        init=True,
        stop_timeout=3,
        platform="linux/arm64/v8",
        sysctl=("net.core.somaxconn=1024",),
    )

    spec = deployment["spec"]["template"]["spec"]
    spec.pop("containers")
    assert spec == {
        "hostNetwork": True,
        "hostPID": True,
        "hostname": "front",
        "hostAliases": [{"ip": "10.0.0.7", "hostnames": ["db", "store"]}],
        "dnsConfig": {"nameservers": ["10.0.0.53"], "options": [{"name": "ndots", "value": "2"}, {"name": "rotate"}]},
        "dnsPolicy": "None",
        "terminationGracePeriodSeconds": 3,
        "shareProcessNamespace": True,
        "nodeSelector": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"},
        "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1024"}]},
    }


def test_a_published_port_of_the_host_is_taken_by_one_pod_at_a_time() -> None:
    """-p HOST:PORT takes the host's port, so an upgrade stops the old pod first."""
    deployment, service = make(name="web", publish=("127.0.0.1:8080:80", "5353:53/udp"))

    assert container_of(deployment)["ports"] == [
        {"containerPort": 80, "hostPort": 8080, "hostIP": "127.0.0.1"},
        {"containerPort": 53, "protocol": "UDP", "hostPort": 5353},
    ]
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert [port["name"] for port in service["spec"]["ports"]] == ["tcp-80", "udp-53"]
    assert "type" not in service["spec"]


def test_a_published_port_without_one_of_the_host_is_a_node_port() -> None:
    """-p PORT lets the platform choose a port on every host, so any number of replicas can serve it."""
    deployment, service = make(name="web", publish=("8080",), replicas=3)

    assert deployment["spec"]["replicas"] == 3
    assert service["spec"]["type"] == "NodePort"
    assert service["spec"]["ports"] == [{"name": "tcp-8080", "port": 8080, "targetPort": 8080}]


def test_expose_takes_ports_and_host_names() -> None:
    """A number is docker's --expose; a name is served by the balancer."""
    _, service, ingress = make(name="web", expose=("8080", "shop.example", "www.shop.example"))

    assert "type" not in service["spec"]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == ["shop.example", "www.shop.example"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "web", "port": {"number": 8080}}}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"image": "Upper:1"}, "no image: expected"),
        ({"name": "Web"}, "--name Web: expected"),
        ({"expose": ("shop.example",)}, "which port does it serve"),
        ({"publish": ("80:8080",), "replicas": 2}, "goes to one replica only"),
        ({"publish": ("eighty",)}, "--publish eighty: expected"),
        ({"publish": ("80-82:90-91",)}, "--publish"),
        ({"publish": ("70000",)}, "--publish 70000"),
        ({"rm": True, "replicas": 2}, "a run that ends is one pod"),
        ({"rm": True, "restart": "always"}, "contradict each other"),
        ({"restart": "always:3"}, "only on-failure takes a number"),
        ({"extended": {"ulimit": ["nofile"]}}, "--ulimit: nofile: expected NAME=SOFT"),
        ({"restart": "sometimes"}, "expected one of no, on-failure"),
        ({"cpus": "many"}, "--cpus many: expected a number"),
        ({"memory": "lots"}, "--memory lots: expected a size"),
        ({"network": "backend"}, "--network backend: pods are all in one network"),
        ({"pull": "sometimes"}, "--pull sometimes: expected one of"),
        ({"env": ("=x",)}, "--env =x: expected NAME=VALUE"),
        ({"env_file": ("/no/such/file",)}, "--env-file /no/such/file: No such file"),
        ({"label": ("a=b c",)}, "--label a=b c: a label's value"),
        ({"add_host": ("db",)}, "--add-host db: expected NAME:ADDRESS"),
        ({"health_cmd": "x", "health_interval": "soon"}, "--health-interval soon: expected a duration"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    """Every bad value is refused with the option's name and what was expected."""
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_what_has_no_field_stands_in_the_annotation() -> None:
    """Users by name, the engine's volumes, limits and counted restarts are kept for the engine as docker spells them."""
    pod = make(
        name="web", user="postgres", volume=("data:/data",), restart="on-failure:3", extended={"ulimit": ["nofile=9"]}
    )[0]

    assert json.loads(pod["metadata"]["annotations"]["engine.bouvier.io/container.web"]) == {
        "restart": "on-failure:3",
        "ulimit": ["nofile=9"],
        "user": "postgres",
        "volume": ["data:/data"],
    }
    assert "volumes" not in pod["spec"]


def test_a_network_alias_is_a_service() -> None:
    """Others find the run under each further name."""
    objects = make(name="web", expose=("80",), network_alias=("shop",))

    assert [obj["metadata"]["name"] for obj in objects if obj["kind"] == "Service"] == ["web", "shop"]
