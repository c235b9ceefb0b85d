"""Custom kinds: definitions and their status, published schemas, defaults, unknown fields, lists, apply."""

import asyncio
import itertools
from typing import Any

import pytest

from tests.support.raw_api import APPLY, JSON_PATCH, MERGE, SECONDS, STRATEGIC, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEXT = {"type": "string"}
_numbers = itertools.count(1)


class Custom:
    """One defined kind, in a group of its own."""

    def __init__(self, api: RawApi, group: str, space: str) -> None:
        self.api, self.group, self.space = api, group, space
        self.definition = f"{DEFINITIONS}/noxus.{group}"

    def path(self, version: str = "v1") -> str:
        return f"/apis/{self.group}/{version}/namespaces/{self.space}/noxus"

    def made(self, name: str, version: str = "v1", **fields: Any) -> dict[str, Any]:
        return {"apiVersion": f"{self.group}/{version}", "kind": "Noxu", "metadata": {"name": name}, **fields}

    def published(self, version: str) -> str:
        """Return the name of its schema in OpenAPI v2."""
        return ".".join([*reversed(self.group.split(".")), version, "Noxu"])

    async def patch(self, *operations: dict) -> None:
        await self.api.ok("PATCH", self.definition, list(operations), kind=JSON_PATCH)


async def until(question: Any) -> Any:
    """Ask until the answer is something true."""
    async with asyncio.timeout(SECONDS):
        while not (answer := await question()):
            await asyncio.sleep(0.02)
    return answer


async def define(api: RawApi, space: str, schema: dict | None = None, *, versions: tuple[str, ...] = ("v1",)) -> Custom:
    """Define a kind and wait until it is served."""
    custom = Custom(api, f"g{next(_numbers)}.example.com", space)
    served = [
        {
            "name": version,
            "served": True,
            "storage": index == 0,
            "schema": {"openAPIV3Schema": schema or ANYTHING},
            "subresources": {"status": {}},
        }
        for index, version in enumerate(versions)
    ]
    names = {"plural": "noxus", "kind": "Noxu"}
    spec = {"group": custom.group, "scope": "Namespaced", "names": names, "versions": served}
    body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    await api.ok("POST", DEFINITIONS, body | {"metadata": {"name": f"noxus.{custom.group}"}, "spec": spec})

    async def is_served() -> bool:
        return (await api("GET", custom.path())).status == 200

    await until(is_served)
    return custom


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


async def test_status_of_a_definition(api: RawApi, space: str) -> None:
    """Names are accepted and the kind established; others may add conditions by the status path."""
    custom = await define(api, space)
    definition = await api.ok("GET", f"{custom.definition}/status")
    states = {one["type"]: (one["status"], one["reason"]) for one in definition["status"]["conditions"]}
    assert states == {"NamesAccepted": ("True", "NoConflicts"), "Established": ("True", "InitialNamesAccepted")}
    assert definition["status"]["storedVersions"] == ["v1"]
    assert definition["status"]["acceptedNames"] == {
        "plural": "noxus",
        "singular": "noxu",
        "kind": "Noxu",
        "listKind": "NoxuList",
    }
    added = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test"}
    definition["status"]["conditions"].append(added)
    updated = await api.ok("PUT", f"{custom.definition}/status", definition)
    assert "StatusUpdate" in {one["type"] for one in updated["status"]["conditions"]}
    patch = {"status": {"conditions": [*updated["status"]["conditions"], added | {"type": "StatusPatched"}]}}
    patched = await api.ok("PATCH", f"{custom.definition}/status", patch, kind=MERGE)
    assert patched["status"]["conditions"][-1]["type"] == "StatusPatched"
    assert patched["spec"] == definition["spec"]


async def test_definitions_are_watched_and_collected(api: RawApi, space: str) -> None:
    """Definitions are chosen by label, watched, and deleted together, with their objects."""
    customs = [await define(api, space) for _ in range(3)]
    for custom in customs:
        await api.ok("PATCH", custom.definition, {"metadata": {"labels": {"set": space}}}, kind=MERGE)
    await api.ok("POST", customs[0].path(), customs[0].made("a"))
    listed = await api.ok("GET", DEFINITIONS, labelSelector=f"set={space}")
    assert len(listed["items"]) == 3
    async with api.watching(
        DEFINITIONS, labelSelector=f"set={space}", resourceVersion=listed["metadata"]["resourceVersion"]
    ) as watch:
        await api.ok("DELETE", DEFINITIONS, labelSelector=f"set={space}")
        gone = set()
        while len(gone) < 3:
            event, obj = await watch.next()
            gone |= {obj["metadata"]["name"]} if event == "DELETED" else set()
    assert (await api("GET", customs[0].path())).status == 404


async def test_the_published_schema(api: RawApi, space: str) -> None:
    """The schema stands in OpenAPI v2 and v3 as it was given; versions renamed or not served are followed."""
    bars = {"type": "array", "items": objects(name=TEXT, age=TEXT) | {"required": ["name"], "description": "A bar."}}
    schema = objects(spec=objects(bars=bars) | {"description": "Specification."}) | {"description": "A noxu."}
    custom = await define(api, space, schema, versions=("v1", "v2"))

    def published(*versions: str) -> Any:
        async def ask() -> bool:
            found = (await api.ok("GET", "/openapi/v2"))["definitions"]
            return [v for v in ("v1", "v2", "v3") if custom.published(v) in found] == list(versions)

        return ask

    await until(published("v1", "v2"))
    found = (await api.ok("GET", "/openapi/v2"))["definitions"][custom.published("v1")]
    assert found["x-kubernetes-group-version-kind"] == [{"group": custom.group, "version": "v1", "kind": "Noxu"}]
    own = {key: value for key, value in found["properties"].items() if key not in ("apiVersion", "kind", "metadata")}
    assert {"type": found["type"], "description": found["description"], "properties": own} == schema
    index = (await api.ok("GET", "/openapi/v3"))["paths"]
    third = await api.ok("GET", index[f"apis/{custom.group}/v2"]["serverRelativeURL"])
    assert third["components"]["schemas"][custom.published("v2")]["properties"]["spec"] == schema["properties"]["spec"]
    name = "/spec/versions/1/name"
    await custom.patch({"op": "test", "path": name, "value": "v2"}, {"op": "replace", "path": name, "value": "v3"})
    await until(published("v1", "v3"))
    versions = [one["version"] for one in (await api.ok("GET", f"/apis/{custom.group}"))["versions"]]
    assert sorted(versions) == ["v1", "v3"]
    await custom.patch({"op": "replace", "path": "/spec/versions/1/served", "value": False})
    await until(published("v1"))
    assert (await api("GET", custom.path("v3"))).status == 404


async def test_defaults_for_requests_and_from_storage(api: RawApi, space: str) -> None:
    """Objects of before show a new default; what a default once filled in stays when it goes."""
    custom = await define(api, space, objects(a=TEXT, b=TEXT))
    await api.ok("POST", custom.path(), custom.made("one"))
    at = "/spec/versions/0/schema/openAPIV3Schema/properties"
    await custom.patch({"op": "add", "path": f"{at}/a/default", "value": "A"})

    def shows(name: str, **wanted: str) -> Any:
        async def ask() -> bool:
            found = await api.ok("GET", f"{custom.path()}/{name}")
            return {key: found[key] for key in ("a", "b") if key in found} == wanted

        return ask

    await until(shows("one", a="A"))
    listed = (await api.ok("GET", custom.path()))["items"][0]
    async with api.watching(custom.path()) as watch:
        _, watched = await watch.next()
    assert (listed["a"], watched["a"]) == ("A", "A")
    await api.ok("POST", custom.path(), custom.made("two"))
    await custom.patch(
        {"op": "remove", "path": f"{at}/a/default"}, {"op": "add", "path": f"{at}/b/default", "value": "B"}
    )
    await until(shows("two", a="A", b="B"))
    assert await shows("one", b="B")()


async def test_fields_that_the_schema_lost(api: RawApi, space: str) -> None:
    """A field that is no longer in the schema is no longer shown."""
    custom = await define(api, space, objects(a=TEXT, b=TEXT))
    await api.ok("POST", custom.path(), custom.made("one", a="x", b="y"))
    await custom.patch({"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/b"})

    async def is_pruned() -> bool:
        found = await api.ok("GET", f"{custom.path()}/one")
        return found.get("a") == "x" and "b" not in found

    await until(is_pruned)


EMBEDDING = objects(
    spec=objects(
        template=objects(metadata=objects(name=TEXT), spec={"type": "object"})
        | {"x-kubernetes-embedded-resource": True},
        foo=TEXT,
    )
    | {"x-kubernetes-preserve-unknown-fields": True}
)


async def test_unknown_fields_of_custom_objects(api: RawApi, space: str) -> None:
    """Unknown metadata is found in the object and in objects inside it, even where other fields are kept."""
    custom = await define(api, space, EMBEDDING)
    body = custom.made("a", spec={"unknown": 1, "template": {"apiVersion": "v1", "kind": "Sub", "metadata": {"x": 1}}})
    body["metadata"]["unknownMeta"] = 1
    found = ['unknown field "metadata.unknownMeta"', 'unknown field "spec.template.metadata.x"']
    strict = await api("POST", custom.path(), body, fieldValidation="Strict")
    warned = await api("POST", custom.path(), body)
    assert strict.body["message"].endswith(f"strict decoding error: {', '.join(found)}")
    assert (warned.status, warned.warnings, warned.body["spec"]["unknown"]) == (201, found, 1)
    applied = await api(
        "PATCH", f"{custom.path()}/b", body | {"metadata": {"unknownMeta": 1}}, kind=APPLY, fieldManager="m"
    )
    assert applied.status == 400
    assert ".metadata.unknownMeta: field not declared in schema" in applied.body["message"]
    assert ".spec.template.metadata.x: field not declared in schema" in applied.body["message"]


async def test_any_field_without_a_schema(api: RawApi, space: str) -> None:
    """A kind that keeps everything takes everything, applied strictly too; twice the same key is still wrong."""
    custom = await define(api, space)
    text = f"\napiVersion: {custom.group}/v1\nkind: Noxu\nmetadata:\n  name: a\nspec:\n  unknown: uk1\n  foo: 1\n"
    path, query = f"{custom.path()}/a", {"fieldManager": "m", "fieldValidation": "Strict"}
    await api.ok("PATCH", path, text, kind=APPLY, **query)
    refused = await api("PATCH", path, f"{text}  foo: 2\n", kind=APPLY, **query)
    assert refused.status == 400
    assert 'line 9: key "foo" already set in map' in refused.body["message"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({}, "spec.template.apiVersion: Required value: must not be empty"),
        ({"apiVersion": "v1"}, "spec.template.kind: Required value: must not be empty"),
    ],
)
async def test_embedded_objects_have_a_type(api: RawApi, space: str, template: dict, message: str) -> None:
    """An object inside an object must say what it is."""
    custom = await define(api, space, EMBEDDING)
    reply = await api("POST", custom.path(), custom.made("a", spec={"template": template}))
    assert reply.status == 422
    assert message in reply.body["message"]


LISTS = objects(
    map={
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        "items": objects(k=TEXT, v={"type": "integer"}) | {"required": ["k"]},
    },
    set={"type": "array", "x-kubernetes-list-type": "set", "items": TEXT},
    atomic={"type": "array", "items": TEXT},
    whole={"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": TEXT},
    either={"x-kubernetes-int-or-string": True},
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"map": [{"k": "a"}, {"k": "a"}]}, 'map[1]: Duplicate value: {"k":"a"}'),
        ({"set": ["a", "a"]}, 'set[1]: Duplicate value: "a"'),
        ({"map": [{"v": 1}]}, "map[0].k: Required value"),
        ({"set": "x"}, 'set: Invalid value: "string": set in body must be of type array: "string"'),
        ({"either": 1.5}, "either"),
    ],
)
async def test_lists_are_what_they_say(api: RawApi, space: str, fields: dict, message: str) -> None:
    """Sets have no element twice, maps no key."""
    custom = await define(api, space, LISTS)
    reply = await api("POST", custom.path(), custom.made("a", **fields))
    assert reply.status == 422
    assert message in reply.body["message"]


async def test_apply_shares_what_the_schema_shares(api: RawApi, space: str) -> None:
    """Managers share maps and sets element by element, and contend for what is atomic."""
    custom = await define(api, space, LISTS)
    path = f"{custom.path()}/a"

    async def apply(manager: str, **fields: Any) -> Any:
        return await api("PATCH", path, custom.made("a", **fields), kind=APPLY, fieldManager=manager)

    created = await apply("one", map=[{"k": "a", "v": 1}], set=["x"], atomic=["1"], whole={"a": "b"})
    assert created.status == 201
    both = (await apply("two", map=[{"k": "b", "v": 2}], set=["y"])).body
    assert (both["map"], both["set"]) == ([{"k": "a", "v": 1}, {"k": "b", "v": 2}], ["x", "y"])
    contended = (await apply("two", atomic=["2"], whole={"c": "d"})).body
    assert [cause["field"] for cause in contended["details"]["causes"]] == [".atomic", ".whole"]
    taken = (await apply("three", map=[{"k": "a", "v": 5}])).body
    assert taken["message"] == 'Apply failed with 1 conflict: conflict with "one": .map[k="a"].v'
    left = (await apply("one")).body
    assert {key: left[key] for key in LISTS["properties"] if key in left} == {"map": [{"k": "b", "v": 2}], "set": ["y"]}


async def test_patches_of_custom_objects(api: RawApi, space: str) -> None:
    """There is no strategic merge; the status path takes the status alone; updates name a version."""
    custom = await define(api, space)
    made = await api.ok("POST", custom.path(), custom.made("a", spec={"a": 1}, status={"b": 1}))
    path = f"{custom.path()}/a"
    assert "status" not in made
    strategic = await api("PATCH", path, {"spec": {"a": 2}}, kind=STRATEGIC)
    assert (strategic.status, strategic.body["reason"]) == (415, "UnsupportedMediaType")
    patch = {"metadata": {"annotations": {"x": "y"}}, "spec": {"a": 7}, "status": {"b": 2}}
    status = await api.ok("PATCH", f"{path}/status", patch, kind=MERGE)
    assert (status["spec"], status["status"], status["metadata"]["generation"]) == ({"a": 1}, {"b": 2}, 1)
    assert "annotations" not in status["metadata"]
    blind = await api("PUT", path, custom.made("a", spec={"a": 3}))
    assert (blind.status, blind.body["reason"]) == (422, "Invalid")
    assert "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update" in blind.body["message"]
    replaced = await api.ok("PUT", path, status | {"spec": {"a": 3}, "status": {}})
    assert (replaced["status"], replaced["metadata"]["generation"]) == ({"b": 2}, 2)
    assert (await api("GET", f"{path}/scale")).status == 404
    refused = await api("POST", path, made)
    assert refused.body["message"] == f'create is not supported on resources of kind "noxus.{custom.group}"'
