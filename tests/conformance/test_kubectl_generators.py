"""Every generator of `kubectl create`, and the commands beside it that make objects: sent as protobuf, served as meant."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.util.pki import Authority
from tests.support.apiserver import RunningApi, running_api

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")

GENERATED = {
    "namespace team": "namespace/team",
    "configmap c --from-literal=a=1": "configmap/c",
    "secret generic s --from-literal=a=1": "secret/s",
    "secret docker-registry d --docker-username=u --docker-password=p --docker-server=registry.example": "secret/d",
    "serviceaccount sa": "serviceaccount/sa",
    "role r --verb=get --resource=pods": "role/r",
    "rolebinding rb --role=r --serviceaccount=default:sa": "rolebinding/rb",
    "clusterrole cr --verb=get --non-resource-url=/metrics": "clusterrole/cr",
    "clusterrole sum --aggregation-rule=a=b": "clusterrole/sum",
    "clusterrolebinding crb --clusterrole=cr --group=ops": "clusterrolebinding/crb",
    "deployment web --image=web:1 --replicas=0 --port=80": "deployment/web",
    "service clusterip one --tcp=80:8080": "service/one",
    "service nodeport two --tcp=80:http": "service/two",
    "service loadbalancer three --tcp=443": "service/three",
    "service externalname four --external-name=example.com": "service/four",
    "ingress i --rule=a.example/*=one:80 --rule=b.example/path=one:80,tls=s": "ingress/i",
    "cronjob nightly --image=job:1 --schedule=@daily": "cronjob/nightly",
    "job once --image=job:1 -- true": "job/once",
    "job again --from=cronjob/nightly": "job/again",
    "poddisruptionbudget pdb --selector=app=web --min-available=1": "poddisruptionbudget/pdb",
    "priorityclass high --value=100": "priorityclass/high",
    "quota q --hard=pods=10,cpu=2": "resourcequota/q",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


async def test_every_generator(api: RunningApi) -> None:
    """Each object is created, found again, and is what a dry run on the client's side shows."""
    shown = []
    for command in GENERATED:
        words = command.split()
        await api.kubectl("create", *words)
        at = words.index("--") if "--" in words else len(words)
        shown.append(await api.kubectl("create", *words[:at], "--dry-run=client", "-o", "json", *words[at:]))
    stored = json.loads(await api.kubectl("get", *GENERATED.values(), "-o", "json"))["items"]
    for command, meant, found in zip(GENERATED, shown, stored, strict=True):
        assert missing(json.loads(meant), found) == [], command


def missing(meant: object, stored: object, path: str = "") -> list[str]:
    """Return the paths of what was meant and is not stored; nothing is meant by what Go writes for unset values."""
    if isinstance(meant, dict):
        inner = stored if isinstance(stored, dict) else {}
        return [one for key, value in meant.items() for one in missing(value, inner.get(key), f"{path}.{key}")]
    if isinstance(meant, list) and isinstance(stored, list):
        pairs = zip(meant, stored, strict=True)
        return [one for index, (a, b) in enumerate(pairs) for one in missing(a, b, f"{path}[{index}]")]
    return [] if meant in (None, stored, [], {}) else [f"{path}: {meant!r}, not {stored!r}"]


async def test_secret_of_a_certificate(api: RunningApi, tmp_path: Path) -> None:
    """`kubectl create secret tls` sends the files' bytes."""
    authority = Authority.open(tmp_path, "tls", "test")
    files = (f"--cert={tmp_path}/tls.crt", f"--key={tmp_path}/tls.key")
    await api.kubectl("create", "secret", "tls", "t", *files)
    template = r'{{ index .data "tls.crt" | base64decode }}'
    stored = await api.kubectl("get", "secret", "t", "-o", f"go-template={template}")
    assert stored == authority.pem.decode()


async def test_what_generators_made_can_be_used(api: RunningApi) -> None:
    """A token, a pod, an exposed port, a scale, an autoscaler: subresources and reviews take protobuf too."""
    await api.kubectl("create", "serviceaccount", "sa")
    assert (await api.kubectl("create", "token", "sa", "--duration=10m")).count(".") == 2
    await api.kubectl("run", "pod", "--image=web:1", "--labels=app=web", "--port=80")
    await api.kubectl("expose", "pod", "pod", "--port=80", "--name=exposed")
    await api.kubectl("create", "deployment", "web", "--image=web:1", "--replicas=0")
    await api.kubectl("scale", "deployment", "web", "--replicas=2")
    await api.kubectl("autoscale", "deployment", "web", "--min=1", "--max=3")
    assert await api.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}") == "2"
    assert await api.kubectl("get", "hpa", "web", "-o", "jsonpath={.spec.maxReplicas}") == "3"
    assert (await api.kubectl("auth", "can-i", "create", "pods")).strip() == "yes"
    await api.kubectl("delete", "pod", "pod", "--now", "--wait=false")
