"""The forms in which requests and answers travel: CBOR, YAML, protobuf bodies, indented JSON, and refusals of others."""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import cbor2
import pytest
import yaml

from bouvier.apiserver.wire.cbor_body import decode_cbor
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS
from tests.contract.test_api_verbs import config
from tests.support.apiserver import RunningApi
from tests.support.protobuf_objects import written

MAPS = "http://api/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CBOR = "application/cbor"
PROTOBUF = "application/vnd.kubernetes.protobuf"


@pytest.fixture
async def http(api: RunningApi) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client with every right."""
    connector = aiohttp.UnixConnector(path=str(api.socket))
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield session


async def test_cbor_both_ways(http: aiohttp.ClientSession) -> None:
    """Objects are created, replaced, applied, read and listed without a byte of JSON."""
    headers = {"Content-Type": CBOR, "Accept": CBOR}
    async with http.post(MAPS, data=cbor2.dumps(config("a", x="1")), headers=headers) as answer:
        assert (answer.status, answer.content_type) == (201, CBOR)
        made = decode_cbor(await answer.read())
    made["data"] = {"x": "2"}
    async with http.put(f"{MAPS}/a", data=cbor2.dumps(made), headers=headers) as answer:
        assert decode_cbor(await answer.read())["data"] == {"x": "2"}
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"y": "3"}}
    patch = headers | {"Content-Type": "application/apply-patch+cbor"}
    async with http.patch(f"{MAPS}/a?fieldManager=m", data=cbor2.dumps(applied), headers=patch) as answer:
        assert decode_cbor(await answer.read())["data"] == {"x": "2", "y": "3"}
    async with http.get(MAPS, headers=headers) as answer:
        listed = decode_cbor(await answer.read())
        assert [one["metadata"]["name"] for one in listed["items"]] == ["a"]
    async with http.get(f"{MAPS}/none", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (404, CBOR)
        assert decode_cbor(await answer.read())["reason"] == "NotFound"


async def test_bytes_in_cbor(http: aiohttp.ClientSession, client: Client) -> None:
    """Bytes with the tag for base64 become what JSON clients see of a Secret."""
    data = {"password": cbor2.CBORTag(22, b"\xde\xad")}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}
    url = MAPS.replace("configmaps", "secrets")
    async with http.post(url, data=cbor2.dumps(secret), headers={"Content-Type": CBOR}) as answer:
        assert (await answer.json())["data"] == {"password": "3q0="}


async def test_cbor_watch(http: aiohttp.ClientSession, client: Client) -> None:
    """Events are CBOR documents one after another, as objects and as tables."""
    await client.create(CONFIGMAPS, config("a"))
    for accept, kind in ((CBOR, "ConfigMap"), (f"{CBOR};as=Table;v=v1;g=meta.k8s.io", "Table")):
        url = f"{MAPS}?watch=1&timeoutSeconds=30"
        async with http.get(url, headers={"Accept": accept}) as answer, asyncio.timeout(30):
            assert answer.content_type == "application/cbor-seq"
            event = await first_document(answer.content)
        assert (event["type"], event["object"]["kind"]) == ("ADDED", kind)


async def first_document(stream: aiohttp.StreamReader) -> dict:
    """Return the first CBOR document of a stream."""
    received = b""
    while True:
        received += await stream.readany()
        source = BytesIO(received)
        try:
            cbor2.CBORDecoder(source).decode()
        except cbor2.CBORDecodeEOF:
            continue
        return decode_cbor(received[: source.tell()])


async def test_yaml_answers(http: aiohttp.ClientSession, client: Client) -> None:
    """Objects, lists, tables and refusals are YAML for who asks; a watch cannot be."""
    await client.create(CONFIGMAPS, config("a", x="on"))
    headers = {"Accept": "application/yaml"}
    async with http.get(f"{MAPS}/a", headers=headers) as answer:
        assert answer.content_type == "application/yaml"
        assert yaml.safe_load(await answer.text())["data"] == {"x": "on"}
    async with http.get(MAPS, headers={"Accept": "application/yaml;as=Table;v=v1;g=meta.k8s.io"}) as answer:
        assert yaml.safe_load(await answer.text())["kind"] == "Table"
    async with http.get(f"{MAPS}/none", headers=headers) as answer:
        assert yaml.safe_load(await answer.text())["reason"] == "NotFound"
    async with http.get(f"{MAPS}?watch=1", headers=headers) as answer:
        assert answer.status == 406


async def test_unacceptable_answers_change_nothing(http: aiohttp.ClientSession, client: Client) -> None:
    """A write whose answer the client would not take is refused before it is done."""
    for accept in (
        "image/png",
        f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
    ):
        async with http.post(MAPS, json=config("a"), headers={"Accept": accept}) as answer:
            status = await answer.json()
        assert (status["code"], status["reason"]) == (406, "NotAcceptable")
        offered = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor"
        assert status["message"] == f"only the following media types are accepted: {offered}"
    with pytest.raises(ApiError, match="not found"):
        await client.get(CONFIGMAPS, "a", "default")


async def test_reviews_are_never_tables(http: aiohttp.ClientSession) -> None:
    """A client that takes nothing but a Table is told that a review is none."""
    url = "http://api/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    attributes = {"verb": "get", "resource": "pods"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    async with http.post(url, json=review, headers={"Accept": TABLE}) as answer:
        assert answer.status == 406
    async with http.post(url, json=review, headers={"Accept": f"{TABLE},application/json"}) as answer:
        assert (await answer.json())["status"]["allowed"] is True


async def test_unknown_content_types(http: aiohttp.ClientSession, client: Client) -> None:
    """Bodies and patches of other types are refused with the types that are read."""
    await client.create(CONFIGMAPS, config("a"))
    objects = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor"
    async with http.put(f"{MAPS}/a", data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
        status = await answer.json()
    assert (status["code"], status["reason"]) == (415, "UnsupportedMediaType")
    prefix = "the body of the request was in an unknown format - accepted media types include: "
    assert status["message"] == prefix + objects
    async with http.patch(f"{MAPS}/a", data=b"{}", headers={"Content-Type": "application/json"}) as answer:
        assert "application/apply-patch+yaml" in (await answer.json())["message"]
        assert answer.status == 415


async def test_parameters_of_content_types(http: aiohttp.ClientSession) -> None:
    """A charset changes nothing."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    async with http.post(MAPS, data=json.dumps(config("a")), headers=headers) as answer:
        assert answer.status == 201


async def test_json_for_people(http: aiohttp.ClientSession, client: Client) -> None:
    """JSON is indented for curl and where the query asks for it; programs get the compact form."""
    await client.create(CONFIGMAPS, config("a"))
    for query, agent, is_indented in (
        ("", "kubectl/v1.35.0", False),
        ("", "curl/8.0", True),
        ("?pretty=false", "curl/8.0", False),
        ("?pretty=true", "kubectl/v1.35.0", True),
    ):
        for url in (f"{MAPS}/a{query}", f"{MAPS}{query}", f"{MAPS}/none{query}"):
            async with http.get(url, headers={"User-Agent": agent}) as answer:
                text = await answer.text()
            assert text.startswith('{\n  "') is is_indented
            assert json.loads(text)["apiVersion"] == "v1"


async def test_discovery(http: aiohttp.ClientSession) -> None:
    """Discovery is YAML and CBOR too, and indented for people."""
    for path, kind in (("api", "APIVersions"), ("apis", "APIGroupList"), ("apis/apps", "APIGroup")):
        async with http.get(f"http://api/{path}", headers={"Accept": "application/yaml"}) as answer:
            assert yaml.safe_load(await answer.text())["kind"] == kind
        async with http.get(f"http://api/{path}", headers={"Accept": CBOR}) as answer:
            assert decode_cbor(await answer.read())["kind"] == kind
    async with http.get("http://api/apis/apps/v1?pretty=true") as answer:
        assert (await answer.text()).startswith('{\n  "')
    async with http.get("http://api/apis/apps/v1", headers={"Accept": "image/png"}) as answer:
        assert answer.status == 406


async def test_definitions_as_protobuf(http: aiohttp.ClientSession) -> None:
    """A custom resource definition and an APIService arrive as protobuf, as Go's typed clients send them."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "additionalProperties": {"type": "integer"}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": "example.com", "names": names, "scope": "Namespaced", "versions": [version]}
    definition = {"metadata": {"name": "widgets.example.com"}, "spec": spec}
    service = {"service": {"namespace": "default", "name": "x", "port": 443}, "insecureSkipTLSVerify": True}
    order = {"group": "other.example", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10}
    api_service = {"metadata": {"name": "v1.other.example"}, "spec": service | order}
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    for group_version, kind, plural, obj in (
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", definition),
        ("apiregistration.k8s.io/v1", "APIService", "apiservices", api_service),
    ):
        body = written(group_version, kind, obj)
        async with http.post(f"http://api/apis/{group_version}/{plural}", data=body, headers=headers) as answer:
            made = await answer.json()
        assert answer.status == 201, made
        assert {key: made["spec"][key] for key in obj["spec"] if key != "names"} == {
            key: value for key, value in obj["spec"].items() if key != "names"
        }
