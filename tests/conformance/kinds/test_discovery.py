"""What the server says it has: every lasting kind of the original, with the same verbs and subresources, explained."""

import importlib
import json
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import lightkube.resources
import pytest

from bouvier.apiserver.build import served_kinds
from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.kinds.kind import Kind
from tests.support.apiserver import RunningApi, running_api

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERBS = {"post": "create", "put": "update"}
OTHERWISE = {("componentstatuses", "")}
"""What has fewer verbs here: nothing ever changes in an answer that is made at each question."""


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


def upstream() -> Iterator[tuple[tuple[str, str, str], str, set[str]]]:
    """Yield key, subresource and verbs of everything that the original's own description lists."""
    for module in pkgutil.iter_modules(lightkube.resources.__path__):
        found = importlib.import_module(f"lightkube.resources.{module.name}")
        for one in vars(found).values():
            info = getattr(one, "_api_info", None)
            if info is not None and one.__module__ == found.__name__:
                resource = info.parent or info.resource
                verbs = {VERBS.get(verb, verb) for verb in info.verbs if not verb.startswith("global")}
                yield (resource.group, resource.version, info.plural), info.action or "", verbs


def test_nothing_lasting_is_missing() -> None:
    """Each resource of a version without alpha or beta is served with the verbs of the original."""
    served, wrong = served_kinds(), []
    for key, part, verbs in upstream():
        if not re.fullmatch(r"v\d+", key[1]):
            continue
        kind = served.get(key)
        found = set() if kind is None else set(kind.subresources[part].verbs if part in kind.subresources else ())
        if kind is not None and not part:
            found = set(kind.verbs)
        if found != verbs and (key[2], part) not in OTHERWISE:
            wrong.append((key, part, verbs ^ found))
    assert wrong == []


async def test_both_forms_of_discovery_agree(api: RunningApi) -> None:
    """The legacy lists and the aggregated document say the same, and the legacy ones how objects are stored."""
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()), user_agent="test")
    aggregated = {}
    for path in ("/api", "/apis"):
        document = json.loads((await client.raw("GET", path, accept=AGGREGATED)).body)
        for group in document["items"]:
            for version in group["versions"]:
                name = group["metadata"].get("name", "")
                aggregated[name, version["version"]] = {one["resource"]: one for one in version["resources"]}
    for (group, version), resources in aggregated.items():
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        legacy = {one["name"]: one for one in (await client.request("GET", path))["resources"]}
        for name, one in resources.items():
            listed = legacy.pop(name)
            assert (listed["singularName"], sorted(listed["verbs"])) == (one["singularResource"], sorted(one["verbs"]))
            assert listed.get("shortNames") == one.get("shortNames")
            assert listed.get("categories") == one.get("categories")
            assert ("storageVersionHash" in listed) == ("watch" in listed["verbs"])
            for part in one.get("subresources") or ():
                assert legacy.pop(f"{name}/{part['subresource']}")["kind"] == part["responseKind"]["kind"]
        assert legacy == {}
    await client.close()


def test_hashes_are_those_of_the_original() -> None:
    """The hash of a kind's storage version is what the original computes."""
    from bouvier.apiserver.openapi.discovery import storage_version_hash

    served = served_kinds()
    assert storage_version_hash(served["", "v1", "pods"]) == "xPOwRZ+Yhw8="
    assert storage_version_hash(served["", "v1", "configmaps"]) == "qFsyl6wFWjQ="
    assert storage_version_hash(served["apps", "v1", "deployments"]) == "8aSe+NMegvE="
    claims = [served["resource.k8s.io", version, "resourceclaims"] for version in ("v1", "v1beta1", "v1beta2")]
    assert len({storage_version_hash(kind) for kind in claims}) == 1


async def test_every_kind_is_in_the_published_schemas(api: RunningApi) -> None:
    """OpenAPI v3 describes each served kind in the document of its group and version."""
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()), user_agent="test")
    paths = (await client.request("GET", "/openapi/v3"))["paths"]
    documents: dict[str, dict] = {}
    missing = []
    for kind in served_kinds().values():
        place = f"apis/{kind.resource.group}/{kind.resource.version}" if kind.resource.group else "api/v1"
        if place not in documents:
            url = paths[place]["serverRelativeURL"].partition("?")
            documents[place] = await client.request("GET", url[0])
        if not _is_described(documents[place], kind):
            missing.append(kind.resource)
    assert missing == []
    await client.close()


def _is_described(document: dict, kind: Kind) -> bool:
    wanted = {"group": kind.resource.group, "version": kind.resource.version, "kind": kind.resource.kind}
    schemas = document["components"]["schemas"].values()
    return any(wanted in (schema.get("x-kubernetes-group-version-kind") or ()) for schema in schemas)


EXPLAINED = {
    "csidrivers.spec.attachRequired": "attachRequired",
    "resourceclaims.spec.devices.requests": "requests",
    "resourceslices --api-version=resource.k8s.io/v1beta1": "VERSION:    v1beta1",
    "vac": "VolumeAttributesClass",
    "leasecandidates": "LeaseCandidate",
}


async def test_kubectl_explains(api: RunningApi) -> None:
    """`kubectl explain` finds a kind by name, short name and version, and its fields."""
    for what, words in EXPLAINED.items():
        assert words in await api.kubectl("explain", *what.split())


async def test_kubectl_lists_what_there_is(api: RunningApi) -> None:
    """`kubectl api-resources` shows the kinds with their short names; `get cs` warns and answers."""
    listed = await api.kubectl("api-resources")
    assert re.search(
        r"^volumeattributesclasses +vac +storage.k8s.io/v1 +false +VolumeAttributesClass$", listed, re.MULTILINE
    )
    assert re.search(r"^networkpolicies +netpol +networking.k8s.io/v1 +true +NetworkPolicy$", listed, re.MULTILINE)
    assert re.search(r"^bindings +v1 +true +Binding$", listed, re.MULTILINE)
    components = await api.kubectl("get", "cs")
    assert "Warning: v1 ComponentStatus is deprecated in v1.19+" in components
    assert re.search(r"^etcd-0 +Healthy +ok", components, re.MULTILINE)
    assert re.search(r"^scheduler +Unhealthy", components, re.MULTILINE)
