"""Custom kinds with rules, selectable fields and conversion webhooks, as a client meets them."""

import asyncio
import json

import pytest

from bouvier.meta import resources
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import is_condition_true
from tests.support.waiting import eventually

BOX = Resource("example.com", "v1", "boxes", "Box")
BOX2 = Resource("example.com", "v2", "boxes", "Box")


def version(name, spec, *, storage=False, **more):
    schema = {"type": "object", "properties": {"spec": spec}}
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}, **more}


def definition(*versions, **more):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boxes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "boxes", "kind": "Box"},
            "versions": list(versions),
            **more,
        },
    }


async def define(client, made):
    await client.create(resources.CUSTOMRESOURCEDEFINITIONS, made)

    async def is_established():
        found = await client.get(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com")
        return "customresourcecleanup.apiextensions.k8s.io" in (found["metadata"].get("finalizers") or ())

    await eventually(is_established)


def box(resource=BOX, name="b", **spec):
    return {"apiVersion": resource.api_version, "kind": "Box", "metadata": {"name": name}, "spec": spec}


RULED = {
    "type": "object",
    "properties": {"size": {"type": "integer", "default": 1}, "name": {"type": "string"}},
    "x-kubernetes-validations": [
        {"rule": "self.size < 10", "messageExpression": "'size is ' + string(self.size)"},
        {"rule": "!has(oldSelf.name) || self.name == oldSelf.name", "message": "name is immutable"},
    ],
}


async def test_rules_hold(client):
    """Rules see defaults, refuse with Kubernetes' words, and compare with the old object."""
    await define(client, definition(version("v1", RULED, storage=True)))

    assert await client.create(BOX, box(name="b"), namespace="default")
    with pytest.raises(ApiError) as caught:
        await client.create(BOX, box(name="c", size=12), namespace="default")
    assert caught.value.message == 'Box.example.com "c" is invalid: spec: Invalid value: "object": size is 12'
    await client.patch(BOX, "b", {"spec": {"name": "x"}}, namespace="default")
    with pytest.raises(ApiError, match="name is immutable"):
        await client.patch(BOX, "b", {"spec": {"name": "y"}}, namespace="default")


async def test_bad_rules_are_refused(api, client):
    """A definition whose rules do not compile is refused with the place in the rule."""
    bad = {**RULED, "x-kubernetes-validations": [{"rule": "self.colour == 'red'"}]}

    with pytest.raises(ApiError) as caught:
        await client.create(resources.CUSTOMRESOURCEDEFINITIONS, definition(version("v1", bad, storage=True)))

    assert "ERROR: <input>:1:5: undefined field 'colour'" in caught.value.message


async def test_selectable_fields(client):
    """Lists may be narrowed by the fields that the definition names."""
    selectable = [{"jsonPath": ".spec.size"}]
    await define(client, definition(version("v1", RULED, storage=True, selectableFields=selectable)))
    for number in (1, 2):
        await client.create(BOX, box(name=f"b{number}", size=number), namespace="default")

    found = await client.list(BOX, "default", field_selector="spec.size=2")

    assert [one["metadata"]["name"] for one in found.items] == ["b2"]


def converting(extension):
    """Answer conversions: v1 has `size`, v2 has `width` as text."""
    extension.kind, extension.version = "ConversionReview", "apiextensions.k8s.io/v1"

    def one(obj, wanted):
        spec = dict(obj["spec"])
        if wanted.endswith("/v2") and "size" in spec:
            spec["width"] = str(spec.pop("size"))
        elif wanted.endswith("/v1") and "width" in spec:
            spec["size"] = int(spec.pop("width"))
        metadata = {**obj["metadata"], "labels": {"converted": "yes"}, "name": "ignored"}
        return {**obj, "apiVersion": wanted, "spec": spec, "metadata": metadata}

    def answer(request):
        wanted = request["desiredAPIVersion"]
        objects = [one(obj, wanted) for obj in request["objects"]]
        return {"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": objects}

    extension.answer = answer


async def define_versions(client, extension):
    converting(extension)
    first = version("v1", {"type": "object", "properties": {"size": {"type": "integer"}}}, storage=True)
    second = version("v2", {"type": "object", "properties": {"width": {"type": "string"}}})
    webhook = {"clientConfig": extension.config(), "conversionReviewVersions": ["v1"]}
    await define(client, definition(first, second, conversion={"strategy": "Webhook", "webhook": webhook}))


async def test_conversion_webhook(client, extension):
    """Objects are written and read in every version; the metadata stays, but for labels and annotations."""
    await define_versions(client, extension)

    made = await client.create(BOX2, box(BOX2, width="3"), namespace="default")
    stored = await client.get(BOX, "b", "default")

    assert (made["apiVersion"], made["spec"]) == ("example.com/v2", {"width": "3"})
    assert (stored["apiVersion"], stored["spec"]) == ("example.com/v1", {"size": 3})
    assert stored["metadata"]["name"] == "b"
    assert stored["metadata"]["labels"] == {"converted": "yes"}
    listed = await client.list(BOX2, "default")
    assert [one["spec"] for one in listed.items] == [{"width": "3"}]
    patched = await client.patch(BOX2, "b", {"spec": {"width": "4"}}, namespace="default")
    assert patched["spec"] == {"width": "4"}
    replaced = await client.update(BOX2, {**patched, "spec": {"width": "5"}})
    assert replaced["spec"] == {"width": "5"}
    assert (await client.get(BOX, "b", "default"))["spec"] == {"size": 5}


async def test_watch_in_another_version(client, extension):
    """Watchers are told in the version that they asked for."""
    await define_versions(client, extension)
    await client.create(BOX, box(size=1), namespace="default")
    seen = []

    async def follow():
        async for event in client.watch(BOX2, "default"):
            seen.append((event.type, event.object["apiVersion"], event.object["spec"]))  # noqa: PERF401

    task = asyncio.create_task(follow())
    await eventually(lambda: len(seen) == 1)
    await client.patch(BOX, "b", {"spec": {"size": 2}}, namespace="default")
    await eventually(lambda: len(seen) == 2)
    task.cancel()

    assert seen == [("ADDED", "example.com/v2", {"width": "1"}), ("MODIFIED", "example.com/v2", {"width": "2"})]


async def test_failing_conversion(client, extension):
    """A webhook that cannot convert says so to whoever asks; other versions go on."""
    await define_versions(client, extension)
    await client.create(BOX, box(size=1), namespace="default")
    extension.answer = lambda request: {"uid": request["uid"], "result": {"status": "Failed", "message": "no way"}}

    with pytest.raises(ApiError) as caught:
        await client.get(BOX2, "b", "default")

    assert caught.value.message == "conversion webhook for example.com/v1, Kind=Box failed: no way"
    assert await client.get(BOX, "b", "default")


@pytest.mark.parametrize(
    ("conversion", "message"),
    [
        ({"strategy": "Webhook"}, "required when strategy is set to Webhook"),
        (
            {"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"]}},
            "should not be set when strategy is not",
        ),
        (
            {
                "strategy": "Webhook",
                "webhook": {"clientConfig": {"url": "https://x"}, "conversionReviewVersions": ["v1beta1"]},
            },
            "must include at least one of v1",
        ),
    ],
)
async def test_refused_conversion(client, conversion, message):
    """A conversion that could not work is refused with the field."""
    made = definition(version("v1", RULED, storage=True), conversion=conversion)

    with pytest.raises(ApiError) as caught:
        await client.create(resources.CUSTOMRESOURCEDEFINITIONS, made)

    assert message in caught.value.message


async def test_a_definition_takes_its_objects_along(client):
    """Deleting a definition deletes what is of its kind."""
    await define(client, definition(version("v1", RULED, storage=True)))
    held = box() | {"metadata": {"name": "b", "finalizers": ["example.com/hold"]}}
    await client.create(BOX, held, namespace="default")

    await client.delete(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com")
    with pytest.raises(ApiError, match="create not allowed while custom resource definition is terminating"):
        await client.create(BOX, box(name="late"), namespace="default")
    await client.patch(BOX, "b", {"metadata": {"finalizers": None}}, namespace="default")

    async def is_gone():
        try:
            await client.get(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com")
        except ApiError as error:
            return error.reason == "NotFound"
        return False

    await eventually(is_gone)


async def test_old_mistakes_do_not_stop_updates(api, client):
    """When a schema becomes stricter, objects may still be changed elsewhere."""
    loose = {"type": "object", "properties": {"size": {"type": "integer"}, "colour": {"type": "string"}}}
    await define(client, definition(version("v1", loose, storage=True)))
    await client.create(BOX, box(size=50, colour="a"), namespace="default")
    strict = {**loose, "properties": {**loose["properties"], "size": {"type": "integer", "maximum": 10}}}
    schema = {"type": "object", "properties": {"spec": strict}}
    patch = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": schema}]
    await api.kubectl("patch", "crd", "boxes.example.com", "--type=json", "-p", json.dumps(patch))

    changed = await client.patch(BOX, "b", {"spec": {"colour": "b"}}, namespace="default")

    assert changed["spec"] == {"size": 50, "colour": "b"}
    with pytest.raises(ApiError, match="should be less than or equal to 10"):
        await client.patch(BOX, "b", {"spec": {"size": 60}}, namespace="default")


async def test_fields_of_a_converted_version(client, extension):
    """Selectors name the fields of the version that is asked for; objects enter and leave a watch by changing."""
    converting(extension)
    first = version("v1", {"type": "object", "properties": {"size": {"type": "integer"}}}, storage=True)
    second = version("v2", {"type": "object", "properties": {"width": {"type": "string"}}})
    second["selectableFields"] = [{"jsonPath": ".spec.width"}]
    webhook = {"clientConfig": extension.config(), "conversionReviewVersions": ["v1"]}
    await define(client, definition(first, second, conversion={"strategy": "Webhook", "webhook": webhook}))
    for number in (1, 2):
        await client.create(BOX, box(name=f"b{number}", size=number), namespace="default")

    listed = await client.list(BOX2, "default", field_selector="spec.width=2")
    assert [one["metadata"]["name"] for one in listed.items] == ["b2"]
    with pytest.raises(ApiError, match="field label not supported: spec.width"):
        await client.list(BOX, "default", field_selector="spec.width=2")

    seen = []

    async def follow():
        async for event in client.watch(BOX2, "default", field_selector="spec.width=2"):
            seen.append((event.type, event.object["metadata"]["name"]))  # noqa: PERF401

    task = asyncio.create_task(follow())
    await eventually(lambda: len(seen) == 1)
    await client.patch(BOX, "b1", {"spec": {"size": 2}}, namespace="default")
    await client.patch(BOX, "b2", {"spec": {"size": 3}}, namespace="default")
    await eventually(lambda: len(seen) == 3)
    task.cancel()

    assert seen == [("ADDED", "b2"), ("ADDED", "b1"), ("DELETED", "b2")]


async def test_taken_names(client):
    """A definition whose names another one holds is not served until they are free."""
    await define(client, definition(version("v1", RULED, storage=True)))
    second = definition(version("v1", RULED, storage=True))
    second["metadata"]["name"] = "crates.example.com"
    second["spec"]["names"] = {"plural": "crates", "kind": "Box"}
    await client.create(resources.CUSTOMRESOURCEDEFINITIONS, second)

    async def conditions():
        found = await client.get(resources.CUSTOMRESOURCEDEFINITIONS, "crates.example.com")
        return {one["type"]: (one["status"], one["reason"]) for one in found["status"].get("conditions") or ()}

    async def are(**wanted):
        return await eventually(lambda: _same(conditions, wanted))

    await are(NamesAccepted=("False", "ListKindConflict"), Established=("False", "NotAccepted"))
    await client.delete(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com")
    await are(NamesAccepted=("True", "NoConflicts"), Established=("True", "InitialNamesAccepted"))


async def _same(read, wanted):
    return await read() == wanted


async def test_defaults_come_before_the_check(api, client):
    """A required field with a default may be left out or null, and applying parts of an object works."""
    spec = {
        "type": "object",
        "properties": {"size": {"type": "integer", "default": 3}, "name": {"type": "string"}},
        "required": ["size", "name"],
    }
    await define(client, definition(version("v1", spec, storage=True)))

    made = await client.create(BOX, box(size=None) | {"spec": {"size": None, "name": "x"}}, namespace="default")
    assert made["spec"] == {"size": 3, "name": "x"}
    part = {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": {"size": 4}}
    await api.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(part))
    assert (await client.get(BOX, "b", "default"))["spec"] == {"size": 4, "name": "x"}
    with pytest.raises(ApiError, match="spec.name: Required value"):
        await client.create(BOX, box(name="c"), namespace="default")


async def test_rules_wait_for_a_sound_object(client):
    """Where types are wrong, rules are not tried, and the refusal says so."""
    await define(client, definition(version("v1", RULED, storage=True)))

    with pytest.raises(ApiError) as caught:
        await client.create(BOX, box(size="big"), namespace="default")

    assert (
        'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'
        in caught.value.message
    )
    assert "some validation rules were not checked because the object was invalid" in caught.value.message


async def test_deprecated_versions(api, client):
    """Clients of a deprecated version are warned."""
    old = version("v1", RULED, storage=True) | {"deprecated": True}
    await define(client, definition(old))

    assert "Warning: example.com/v1 Box is deprecated" in await api.kubectl("get", "boxes")


async def test_a_status_without_types_harms_nobody(client):
    """Conditions that a user wrote without a type are kept, the definition is served again, and others still are."""
    await define(client, definition(version("v1", RULED, storage=True)))
    conditions = {"status": {"conditions": [{"message": "patched"}]}}
    await client.patch(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com", conditions, subresource="status")

    async def is_served():
        found = await client.get(resources.CUSTOMRESOURCEDEFINITIONS, "boxes.example.com")
        types = {one.get("type") for one in found["status"]["conditions"]}
        return {None, "NamesAccepted", "Established"} <= types or {"", "NamesAccepted", "Established"} <= types

    await eventually(is_served)
    assert await client.create(BOX, box(), namespace="default")
    other = definition(version("v1", RULED, storage=True))
    other["metadata"]["name"] = "crates.example.com"
    other["spec"]["names"] = {"plural": "crates", "kind": "Crate"}
    await client.create(resources.CUSTOMRESOURCEDEFINITIONS, other)

    async def is_established():
        return is_condition_true(
            await client.get(resources.CUSTOMRESOURCEDEFINITIONS, "crates.example.com"), "Established"
        )

    await eventually(is_established)
