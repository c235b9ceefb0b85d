"""Pod Security by configuration: levels for namespaces that name none, and who is exempt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bouvier.apiserver.admission.configuration import parse
from bouvier.client import Client
from bouvier.meta.resources import NAMESPACES, PODS
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi, running_api

Anyone = Callable[[RunningApi, str], Client]


def document(**configuration: Any) -> dict:
    head = {"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration"}
    plugin = {"name": "PodSecurity", "configuration": head | configuration}
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": [plugin]}


def pod(namespace: str) -> dict:
    spec = {"hostNetwork": True, "containers": [{"name": "c", "image": "busybox"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "p-", "namespace": namespace}, "spec": spec}


async def test_defaults_and_exemptions(tmp_path: Path, anyone: Anyone) -> None:
    """A namespace without labels has the default level; its own labels count more; the exempt are not judged."""
    exempt = {"usernames": ["system:kube-controller-manager"], "namespaces": ["kube-system"]}
    file = tmp_path / "admission.yaml"
    file.write_text(yaml.safe_dump(document(defaults={"enforce": "baseline"}, exemptions=exempt)))
    (tmp_path / "api").mkdir()
    async with running_api(tmp_path / "api", options={"admission-control-config-file": str(file)}) as api:
        admin, controllers = anyone(api, api.token()), anyone(api, api.token("controllers"))
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        free = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "free", "labels": labels}}
        await admin.create(NAMESPACES, free)
        error = await refused(admin.create(PODS, pod("default")))
        assert 'violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)' in error.message
        await admin.create(PODS, pod("free"))
        await admin.create(PODS, pod("kube-system"))
        await controllers.create(PODS, pod("default"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "Other"},
        document(defaults={"enforce": "strict"}),
        document(defaults={"forbid": "baseline"}),
        document(exemptions={"groups": []}),
        document() | {"plugins": [{"name": "LimitRanger"}]},
        document() | {"plugins": [{"name": "PodSecurity", "path": "x"}]},
    ],
    ids=range(6),
)
def test_wrong_configurations_are_refused(wrong: dict) -> None:
    """What would silently not hold is named."""
    with pytest.raises(ValueError, match=r"plugins|AdmissionConfiguration"):
        parse(wrong)
