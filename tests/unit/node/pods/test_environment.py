"""Environment variables of containers."""

from __future__ import annotations

import base64

import pytest

from bouvier.meta.objects import Obj
from bouvier.node.pods.environment import (
    ConfigError,
    Sources,
    environment,
    field_value,
    resource_value,
    service_variables,
)
from tests.support.pods import container, pod


def service(name: str, ip: str, namespace: str = "ns") -> Obj:
    ports = [{"port": 80, "name": "http"}, {"port": 53, "protocol": "UDP"}]
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"clusterIP": ip, "ports": ports}}


def test_later_sources_win() -> None:
    """`env` wins over `envFrom`, and may refer to it."""
    maps = {"m": {"metadata": {"namespace": "ns"}, "data": {"A": "map", "B": "b"}}}
    app = container(envFrom=[{"configMapRef": {"name": "m"}}], env=[{"name": "A", "value": "$(B)!"}])
    assert environment(pod(app), app, Sources(config_maps=maps)) == {"A": "b!", "B": "b"}


def test_missing_things_are_named() -> None:
    """A missing object or key says which; optional ones are left out."""
    secrets = {"s": {"metadata": {"namespace": "ns"}, "data": {"k": base64.b64encode(b"v").decode()}}}

    def of(reference: Obj) -> dict[str, str]:
        app = container(env=[{"name": "A", "valueFrom": {"secretKeyRef": reference}}])
        return environment(pod(app), app, Sources(secrets=secrets))

    assert of({"name": "s", "key": "k"}) == {"A": "v"}
    assert of({"name": "none", "key": "k", "optional": True}) == {}
    assert of({"name": "s", "key": "none", "optional": True}) == {}
    with pytest.raises(ConfigError, match='secret "none" not found'):
        of({"name": "none", "key": "k"})
    with pytest.raises(ConfigError, match="couldn't find key none in Secret ns/s"):
        of({"name": "s", "key": "none"})


def test_fields() -> None:
    """Labels one by one and all together; unknown fields are refused by name."""
    of = pod()
    of["metadata"]["labels"] = {"b": 'x"y', "a": "1"}
    assert field_value(of, "metadata.labels['a']", Sources()) == "1"
    assert field_value(of, "metadata.labels", Sources()) == 'a="1"\nb="x\\"y"'
    assert field_value(of, "status.podIPs", Sources(pod_ips=("1.1.1.1", "::1"))) == "1.1.1.1,::1"
    with pytest.raises(ConfigError, match=r"spec\.nothing"):
        field_value(of, "spec.nothing", Sources())


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"resource": "limits.cpu"}, "2"),
        ({"resource": "limits.cpu", "divisor": "1m"}, "1500"),
        ({"resource": "requests.cpu", "divisor": "1m"}, "1500"),
        ({"resource": "limits.memory", "divisor": "1Mi"}, "4096"),
        ({"resource": "requests.memory"}, "0"),
    ],
)
def test_resources(reference: Obj, expected: str) -> None:
    """Amounts are divided and rounded up; without a limit the host's allocatable counts."""
    app = container(resources={"limits": {"cpu": "1500m"}})
    assert (
        resource_value(
            pod(app),
            app,
            reference,
            Sources(allocatable={"memory": "4Gi"} if "limits" in reference["resource"] else {}),
        )
        == expected
    )


def test_service_variables() -> None:
    """Services of the namespace and the API's are announced; headless ones and others are not."""
    services = [
        service("my-db", "10.43.0.5"),
        service("head", "None"),
        service("kubernetes", "10.43.0.1", "default"),
        service("far", "10.43.0.9", "default"),
    ]
    values = service_variables(pod(), services)
    assert values["MY_DB_SERVICE_HOST"] == "10.43.0.5"
    assert values["MY_DB_SERVICE_PORT_HTTP"] == "80"
    assert values["MY_DB_PORT"] == "tcp://10.43.0.5:80"
    assert values["MY_DB_PORT_53_UDP"] == "udp://10.43.0.5:53"
    assert "KUBERNETES_SERVICE_HOST" in values
    assert not any(name.startswith(("FAR", "HEAD")) for name in values)
    without = service_variables(pod(enableServiceLinks=False), services)
    assert {name.split("_")[0] for name in without} == {"KUBERNETES"}
