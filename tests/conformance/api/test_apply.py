"""Server-side apply and managed fields: who owns what after which write."""

from typing import Any

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import APPLY, JSON_PATCH, MERGE, STRATEGIC, RawApi, Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")
MAPS, DEPLOYMENTS = BY_PLURAL["configmaps.v1"], BY_PLURAL["deployments.apps/v1"]


def config(data: dict | None = None, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **({} if data is None else {"data": data})}


def deployment(**spec: Any) -> dict[str, Any]:
    made = DEPLOYMENTS.made("a")
    return made | {"spec": made["spec"] | spec}


def owners(obj: dict) -> list[tuple[str, str, str]]:
    entries = obj["metadata"].get("managedFields", [])
    return [(one["manager"], one["operation"], one.get("subresource", "")) for one in entries]


def fields_of(obj: dict, manager: str) -> Any:
    return next((e["fieldsV1"] for e in obj["metadata"].get("managedFields", []) if e["manager"] == manager), None)


class Applied:
    """One object of a kind."""

    def __init__(self, api: RawApi, path: str) -> None:
        self._api, self.path = api, path

    async def __call__(self, manager: str, body: dict, part: str = "", **query: str) -> Reply:
        return await self._api("PATCH", f"{self.path}{part}", body, kind=APPLY, fieldManager=manager, **query)

    async def update(self, manager: str, patch: Any, part: str = "", kind: str = MERGE) -> dict:
        return await self._api.ok("PATCH", f"{self.path}{part}", patch, kind=kind, fieldManager=manager)


@pytest.fixture
def maps(api: RawApi, space: str) -> Applied:
    return Applied(api, f"{MAPS.path(space)}/a")


@pytest.fixture
def workloads(api: RawApi, space: str) -> Applied:
    return Applied(api, f"{DEPLOYMENTS.path(space)}/a")


async def test_shared_fields(maps: Applied) -> None:
    """Managers that say the same share a field; it goes when the last of them lets go of it."""
    assert (await maps("one", config({"k": "1"}))).status == 201
    assert (await maps("two", config({"k": "1"}))).status == 200
    refused = await maps("three", config({"k": "2"}))
    assert refused.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "one":\n- .data.k\nconflicts with "two":\n- .data.k'
    )
    assert refused.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{one}"', "field": ".data.k"}
        for one in ("one", "two")
    ]
    assert (await maps("one", config({}))).body["data"] == {"k": "1"}
    assert (await maps("two", config({}))).body["data"] == {}


async def test_force_takes(maps: Applied) -> None:
    """A forced apply takes the field from those who had it; updates never ask."""
    await maps("one", config({"k": "1"}))
    updated = await maps.update("two", {"data": {"k": "2"}})
    assert fields_of(updated, "one") in (None, {"f:data": {}})
    assert fields_of(updated, "two") == {"f:data": {"f:k": {}}}
    refused = await maps("one", config({"k": "3"}))
    assert refused.body["message"] == 'Apply failed with 1 conflict: conflict with "two" using v1: .data.k'
    forced = await maps("one", config({"k": "3"}), force="true")
    assert forced.body["data"] == {"k": "3"}
    assert owners(forced.body) == [("one", "Apply", "")]


async def test_every_writer_is_noted(api: RawApi, space: str, workloads: Applied) -> None:
    """Creates, updates and applies, of the object, its status and its scale, each leave an entry of their own."""
    made = await api.ok(
        "POST", DEPLOYMENTS.path(space), deployment(), headers={"User-Agent": "kubectl-create/v1.33 (linux)"}
    )
    assert owners(made) == [("kubectl-create", "Update", "")]
    await workloads.update("controller", {"status": {"replicas": 1}}, "/status")
    await workloads.update("scaler", {"spec": {"replicas": 3}}, "/scale")
    await workloads("applier", deployment(paused=True))
    await workloads("reporter", DEPLOYMENTS.made("a") | {"status": {"readyReplicas": 1}, "spec": {}}, "/status")
    found = await api.ok("GET", workloads.path)
    assert set(owners(found)) == {
        ("kubectl-create", "Update", ""),
        ("controller", "Update", "status"),
        ("scaler", "Update", "scale"),
        ("applier", "Apply", ""),
        ("reporter", "Apply", "status"),
    }
    assert [one[1] for one in owners(found)] == ["Apply", "Apply", "Update", "Update", "Update"]
    assert "f:replicas" in fields_of(found, "controller")["f:status"]
    assert fields_of(found, "scaler") == {"f:spec": {"f:replicas": {}}}
    assert fields_of(found, "reporter") == {"f:status": {"f:readyReplicas": {}}}


async def test_a_scale_is_applied(api: RawApi, space: str, workloads: Applied) -> None:
    """The replica count is a field like others, contended for through the scale too."""
    await api.ok("POST", DEPLOYMENTS.path(space), deployment(), fieldManager="creator")
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 5}}
    refused = await workloads("scaler", scale, "/scale")
    assert refused.body["message"] == (
        'Apply failed with 1 conflict: conflict with "creator" using apps/v1: .spec.replicas'
    )
    forced = await workloads("scaler", scale, "/scale", force="true")
    assert (forced.body["kind"], forced.body["spec"]) == ("Scale", {"replicas": 5})
    other = await workloads("applier", deployment(replicas=6))
    assert 'conflict with "scaler" with subresource "scale": .spec.replicas' in other.body["message"]


async def test_times_move_with_values(api: RawApi, maps: Applied, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an entry is that of its manager's last change, not of a write that changes nothing."""
    await maps("one", config({"k": "1"}))
    await maps.update("two", {"data": {"x": "1"}})
    monkeypatch.setattr("bouvier.apiserver.verbs.writing.now_text", lambda: "2040-01-01T00:00:00Z")
    same = await maps.update("two", {"data": {"x": "1"}})
    moved = await maps.update("two", {"data": {"x": "2"}})
    times = {one["manager"]: one["time"] for one in moved["metadata"]["managedFields"]}
    assert times["two"] == "2040-01-01T00:00:00Z" > times["one"]
    assert same["metadata"]["resourceVersion"] != moved["metadata"]["resourceVersion"]
    again = await maps("one", config({"k": "1"}))
    assert again.body["metadata"]["resourceVersion"] == moved["metadata"]["resourceVersion"]


async def test_managed_fields_can_be_reset(maps: Applied) -> None:
    """An empty list, or one of an empty entry, wipes them, null does not; what is left belongs to nobody's past."""
    for wiped in ([], [{}]):
        await maps("one", config({"k": "1"}))
        assert ("one", "Apply", "") in owners(await maps.update("two", {"metadata": {"managedFields": None}}))
        assert owners(await maps.update("two", {"metadata": {"managedFields": wiped}})) == []
    assert owners(await maps.update("two", {"data": {"x": "1"}})) == []
    adopted = await maps("three", config({"y": "1"}))
    assert owners(adopted.body) == [("three", "Apply", ""), ("before-first-apply", "Update", "")]
    assert fields_of(adopted.body, "before-first-apply") == {"f:data": {".": {}, "f:k": {}, "f:x": {}}}


async def test_old_updates_are_gathered(api: RawApi, space: str, maps: Applied) -> None:
    """More than ten updaters are remembered as ten, the oldest as one."""
    await api.ok("POST", MAPS.path(space), config({"k": "1"}, name="a"), fieldManager="creator")
    for n in range(12):
        last = await maps.update(f"updater-{n:02}", {"data": {f"k{n}": "1"}})
    names = [one[0] for one in owners(last)]
    assert len(names) == 10
    assert "ancient-changes" in names
    assert "updater-11" in names
    assert "creator" not in names


async def test_defaults_are_part_of_keys(workloads: Applied) -> None:
    """A port without a protocol is TCP's, for merging and for finding it twice."""

    def with_ports(*ports: dict) -> dict:
        template = DEPLOYMENTS.fields["spec"]["template"]
        container = template["spec"]["containers"][0] | {"ports": list(ports)}
        return deployment(template=template | {"spec": {"containers": [container]}})

    made = await workloads("one", with_ports({"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}))
    assert made.status == 201
    ports = made.body["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [one["protocol"] for one in ports] == ["TCP", "UDP"]
    again = await workloads("one", with_ports({"containerPort": 80, "protocol": "TCP"}))
    assert len(again.body["spec"]["template"]["spec"]["containers"][0]["ports"]) == 1
    twice = await workloads("one", with_ports({"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}))
    assert twice.status == 400
    assert twice.body["message"].endswith(
        '.spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]'
    )


async def test_fields_outside_the_schema(workloads: Applied) -> None:
    """A field that the kind does not have is refused however the request says to validate."""
    for validation in ("Ignore", "Warn", "Strict"):
        reply = await workloads("one", deployment(unknown=1), fieldValidation=validation)
        assert reply.status == 400
        assert "failed to create typed patch object (" in reply.body["message"]
        assert reply.body["message"].endswith(
            "; apps/v1, Kind=Deployment): .spec.unknown: field not declared in schema"
        )


async def test_identity_of_an_apply(maps: Applied) -> None:
    """An apply may say which incarnation and version it means."""
    absent = await maps("one", config({}, uid="x"))
    assert (absent.status, absent.body["reason"]) == (409, "Conflict")
    assert (
        "uid mismatch: the provided object specified uid x, and no existing object was found" in absent.body["message"]
    )
    made = (await maps("one", config({"k": "1"}))).body["metadata"]
    assert (await maps("one", config({"k": "2"}, uid="x"))).status == 409
    assert (await maps("one", config({"k": "2"}, resourceVersion="1"))).status == 409
    right = config({"k": "2"}, uid=made["uid"], resourceVersion=made["resourceVersion"])
    assert (await maps("one", right)).status == 200
    own = config({"k": "3"}, managedFields=[])
    assert (await maps("one", own)).body["message"] == "metadata.managedFields must be nil"
    assert (await maps("one", config(None))).status == 200


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"ports": [{"port": 80, "targetPort": 9}]}, [("a", 80, 9), ("b", 81, 81)]),
        ({"ports": [{"port": 81, "$patch": "delete"}]}, [("a", 80, 80)]),
        ({"ports": [{"$patch": "replace"}, {"name": "z", "port": 99}]}, [("z", 99, 99)]),
        (
            {"$setElementOrder/ports": [{"port": 81}, {"port": 80}], "ports": [{"port": 80, "name": "x"}]},
            [("b", 81, 81), ("x", 80, 80)],
        ),
    ],
)
async def test_strategic_lists(api: RawApi, space: str, patch: dict, expected: list[tuple]) -> None:
    """Lists of a Service's ports merge by port, with the directives of a strategic merge."""
    services = BY_PLURAL["services.v1"]
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    await api.ok("POST", services.path(space), services.made("s") | {"spec": {"ports": ports}})
    changed = await api.ok("PATCH", f"{services.path(space)}/s", {"spec": patch}, kind=STRATEGIC)
    assert [(one["name"], one["port"], one["targetPort"]) for one in changed["spec"]["ports"]] == expected


@pytest.mark.parametrize(
    ("patch", "code", "words"),
    [
        ([{"op": "test", "path": "/data/x", "value": "2"}], 422, "test failed"),
        ([{"op": "remove", "path": "/data/none"}], 422, "doc is missing path: /data/none"),
        ([{"op": "add", "path": "/none/x", "value": "1"}], 422, "doc is missing path: /none/x"),
        ([{"op": "copy", "from": "/none", "path": "/data/y"}], 422, "doc is missing path: /none"),
        ([{"op": "frob", "path": "/data/x"}], 400, "frob"),
        ([{"op": "add", "path": "/data/x", "value": "1"}] * 10_001, 413, "10000, got 10001"),
        ({"op": "add"}, 400, "cannot unmarshal object into Go value of type []"),
        ([{"op": "replace", "path": "/metadata/name", "value": "b"}], 400, "does not match the name on the URL"),
    ],
)
async def test_refused_json_patches(api: RawApi, space: str, patch: Any, code: int, words: str) -> None:
    """Each says which operation does not apply and why, and not the whole object."""
    made = await api.ok("POST", MAPS.path(space), config({"x": "1"}, name="a"))
    reply = await api("PATCH", f"{MAPS.path(space)}/a", patch, kind=JSON_PATCH)
    assert (reply.status, words in reply.body["message"]) == (code, True), reply.body
    assert made["metadata"]["uid"] not in reply.body["message"]


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"replicas": 1}},
            'Pod in version "v1" cannot be handled as a Scale: converting (v1.Pod) to (autoscaling.Scale): unknown conversion',
        ),
        (
            {"metadata": {"name": "a"}, "spec": {"replicas": "x"}},
            (
                'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field'
                " ScaleSpec.spec.replicas of type int32"
            ),
        ),
        ({"metadata": {"name": "b"}}, "the name of the object (b) does not match the name on the URL (a)"),
        ({}, "the name of the object (a based on URL) was undeterminable: name must be provided"),
    ],
)
async def test_what_is_no_scale(api: RawApi, space: str, workloads: Applied, scale: dict, message: str) -> None:
    """A scale is read like any object."""
    await api.ok("POST", DEPLOYMENTS.path(space), deployment())
    reply = await api("PUT", f"{workloads.path}/scale", scale)
    assert (reply.status, reply.body["message"]) == (400, message)
