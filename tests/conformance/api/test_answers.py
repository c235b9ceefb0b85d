"""Refusals: code, reason, words and details, as clients of the original know them."""

from typing import Any

import pytest

from tests.support.raw_api import APPLY, JSON, MERGE, TABLE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_ALLOWED = "the server does not allow this method on the requested resource"
NOT_FOUND = "the server could not find the requested resource"
MAPS = "/api/v1/namespaces/default/configmaps"
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def config(name: str = "a", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"x": "1"}}


@pytest.mark.parametrize(
    ("method", "path", "code", "reason", "message"),
    [
        ("GET", "/api/v1/nosuch", 404, "NotFound", NOT_FOUND),
        ("GET", "/apis/nosuch/v1", 404, "NotFound", NOT_FOUND),
        ("GET", "/nosuch", 404, "NotFound", NOT_FOUND),
        ("GET", f"{MAPS}/none", 404, "NotFound", 'configmaps "none" not found'),
        ("GET", f"{MAPS}/none/nosuch", 404, "NotFound", NOT_FOUND),
        ("GET", f"{MAPS}/none/status", 404, "NotFound", NOT_FOUND),
        ("GET", "/apis/apps/v1/deployments/none", 404, "NotFound", NOT_FOUND),
        ("PUT", MAPS, 405, "MethodNotAllowed", NOT_ALLOWED),
        ("PATCH", MAPS, 405, "MethodNotAllowed", NOT_ALLOWED),
        ("OPTIONS", MAPS, 405, "MethodNotAllowed", NOT_ALLOWED),
        ("POST", f"{MAPS}/x", 405, "MethodNotAllowed", NOT_ALLOWED),
        ("POST", "/api/v1/configmaps", 405, "MethodNotAllowed", NOT_ALLOWED),
        ("DELETE", "/apis/apps/v1/namespaces/default/deployments/x/status", 405, "MethodNotAllowed", NOT_ALLOWED),
        ("POST", "/apis/apps/v1/namespaces/default/deployments/x/scale", 405, "MethodNotAllowed", NOT_ALLOWED),
        ("POST", "/api/v1/watch/namespaces/default/configmaps", 405, "MethodNotAllowed", NOT_ALLOWED),
    ],
)
async def test_paths_and_methods(api: RawApi, method: str, path: str, code: int, reason: str, message: str) -> None:
    """What does not exist is not found, what exists but does not do that is not allowed."""
    reply = await api(method, path, {} if method in ("POST", "PUT") else None)
    assert (reply.status, reply.body["reason"], reply.body["message"]) == (code, reason, message)
    assert (reply.body["kind"], reply.body["status"], reply.body["code"]) == ("Status", "Failure", code)


@pytest.mark.parametrize(
    ("method", "query", "kind", "field", "message"),
    [
        ("POST", {"dryRun": "x"}, JSON, "dryRun", 'Unsupported value: []string{"x"}: supported values: "All"'),
        (
            "POST",
            {"fieldValidation": "x"},
            JSON,
            "fieldValidation",
            'Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"',
        ),
        ("POST", {"fieldManager": "x" * 129}, JSON, "fieldManager", "Too long: may not be more than 128 bytes"),
        (
            "POST",
            {"fieldManager": "a\u0007"},
            JSON,
            "fieldManager",
            r'Invalid value: "a\a": invalid character U+0007 (at position 1)',
        ),
        ("PATCH", {}, APPLY, "fieldManager", "Required value: is required for apply patch"),
        ("PATCH", {"force": "true"}, MERGE, "force", "Forbidden: may not be specified for non-apply patch"),
        ("DELETE", {"dryRun": "x"}, JSON, "dryRun", 'Unsupported value: []string{"x"}: supported values: "All"'),
    ],
)
async def test_options(api: RawApi, method: str, query: dict, kind: str, field: str, message: str) -> None:
    """A wrong option is an Invalid of the options object, with a cause for the option."""
    path = MAPS if method == "POST" else f"{MAPS}/x"
    reply = await api(method, path, None if method == "DELETE" else config("x"), kind=kind, **query)
    options = {"POST": "CreateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}[method]
    reason = message.partition(":")[0]
    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert reply.body["message"] == f'{options}.meta.k8s.io "" is invalid: {field}: {message}'
    assert reply.body["details"]["causes"][0]["field"] == field
    assert reply.body["details"]["causes"][0]["message"].startswith(reason)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"propagationPolicy": "x"},
            'Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
        ),
        (
            {"propagationPolicy": "Orphan", "orphanDependents": True},
            'Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
        ),
        ({"dryRun": ["x"]}, 'Unsupported value: []string{"x"}: supported values: "All"'),
    ],
)
async def test_delete_options(api: RawApi, body: dict, message: str) -> None:
    """Wrong options of a deletion leave the object alone."""
    await api("POST", MAPS, config("kept"))
    reply = await api("DELETE", f"{MAPS}/kept", {"kind": "DeleteOptions", "apiVersion": "v1", **body})
    field = next(iter(body))
    assert (reply.status, reply.body["message"]) == (
        422,
        f'DeleteOptions.meta.k8s.io "" is invalid: {field}: {message}',
    )
    assert (await api("GET", f"{MAPS}/kept")).status == 200


async def test_other_body_of_a_deletion(api: RawApi) -> None:
    """A body that is no DeleteOptions object is refused; one in the version of another group is fine."""
    await api("POST", MAPS, config("body"))
    assert (await api("DELETE", f"{MAPS}/body", config("body"))).status == 400
    assert (await api("DELETE", f"{MAPS}/body", {"kind": "DeleteOptions", "apiVersion": "apps/v1"})).status == 200


async def test_names_and_versions_of_updates(api: RawApi) -> None:
    """An update is of the object that the URL names, and of the version that it names."""
    made = (await api("POST", MAPS, config("up"))).body
    path, version = f"{MAPS}/up", made["metadata"]["resourceVersion"]
    cases = [
        (config("other"), 400, "the name of the object (other) does not match the name on the URL (up)"),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}},
            400,
            "the name of the object (up based on URL) was undeterminable: name must be provided",
        ),
        (
            config("up", namespace="other"),
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            config("up", resourceVersion="1"),
            409,
            f'Operation cannot be fulfilled on configmaps "up": {MODIFIED}',
        ),
        (
            config("up", uid="x"),
            409,
            (
                'Operation cannot be fulfilled on configmaps "up": Precondition failed: UID in precondition: x,'
                f" UID in object meta: {made['metadata']['uid']}"
            ),
        ),
        (
            config("up") | {"kind": "Secret"},
            400,
            (
                'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap):'
                " unknown conversion"
            ),
        ),
    ]
    for body, code, message in cases:
        reply = await api("PUT", path, body)
        assert (reply.status, reply.body["message"]) == (code, message)
    assert (await api("PATCH", path, {"metadata": {"name": "other"}}, kind=MERGE)).status == 400
    assert (await api("GET", path)).body["metadata"]["resourceVersion"] == version


async def test_identity_is_not_changed_by_clients(api: RawApi) -> None:
    """Of a new object's metadata the server sets what is the server's; later it stays."""
    given = {
        "uid": "x",
        "creationTimestamp": "2020-01-01T00:00:00Z",
        "deletionTimestamp": "2020-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": 5,
        "selfLink": "/x",
        "generation": 9,
    }
    made = (await api("POST", MAPS, config("identity", **given))).body["metadata"]
    assert not {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"} & set(made)
    assert made["uid"] != "x"
    assert made["creationTimestamp"] > "2021"
    later = {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z", "generateName": "x-", "selfLink": "/y"}}
    patched = (await api("PATCH", f"{MAPS}/identity", later, kind=MERGE)).body["metadata"]
    assert patched == made


@pytest.mark.parametrize(
    ("kind", "code"), [("text/plain", 415), ("application/xml", 415), (JSON, 201), ("application/yaml", 201)]
)
async def test_content_types(api: RawApi, kind: str, code: int) -> None:
    """Bodies of other types than the offered ones are refused by name."""
    reply = await api("POST", MAPS, config(f"type-{kind.replace('/', '-')}"), kind=kind)
    assert reply.status == code
    if code == 415:
        assert reply.body["message"].startswith(
            "the body of the request was in an unknown format - accepted media types include: application/json, "
        )


async def test_no_version_in_particular(api: RawApi) -> None:
    """The version 0 is none: an update that names it replaces whatever is there, and a new object may bring it."""
    assert (await api("POST", MAPS, config("zero", resourceVersion="0"))).status == 201
    assert (await api("PUT", f"{MAPS}/zero", config("zero", resourceVersion="0", labels={"a": "b"}))).status == 200


async def test_empty_metadata_are_none(api: RawApi) -> None:
    """Maps and lists that hold nothing are not kept, and writing them changes nothing."""
    empty: dict = {"labels": {}, "annotations": {}, "finalizers": [], "ownerReferences": []}
    made = (await api("POST", MAPS, config("empty", **empty))).body["metadata"]
    assert not set(empty) & set(made)
    patched = (await api("PATCH", f"{MAPS}/empty", {"metadata": empty}, kind=MERGE)).body["metadata"]
    assert patched == made


async def test_order_of_wrong_options(api: RawApi) -> None:
    """All that is wrong with the options is told at once."""
    query = {"force": "true", "fieldManager": "x" * 129, "dryRun": "q", "fieldValidation": "z"}
    reply = await api("PATCH", f"{MAPS}/none", {}, kind=MERGE, **query)
    fields = [cause["field"] for cause in reply.body["details"]["causes"]]
    assert fields == ["force", "fieldManager", "dryRun", "fieldValidation"]


async def test_lost_races_and_taken_names(api: RawApi) -> None:
    """What exists cannot be made again; details say which object."""
    await api("POST", MAPS, config("taken"))
    reply = await api("POST", MAPS, config("taken"))
    assert (reply.status, reply.body["reason"], reply.body["message"]) == (
        409,
        "AlreadyExists",
        'configmaps "taken" already exists',
    )
    assert reply.body["details"] == {"name": "taken", "kind": "configmaps"}
    dry = await api("POST", MAPS, config("taken"), dryRun="All")
    assert (dry.status, dry.body["details"]) == (409, {"name": "taken", "kind": "configmaps"})


async def test_who_may_not(api: RawApi) -> None:
    """No credentials and no right: 401 says nothing, 403 says what was asked."""
    unknown = await api("GET", MAPS, headers={"Authorization": "Bearer x"})
    refused = await api("GET", MAPS, user="nobody")
    assert (unknown.status, unknown.body["message"], unknown.body["reason"]) == (401, "Unauthorized", "Unauthorized")
    assert refused.body["message"] == (
        'configmaps is forbidden: User "nobody" cannot list resource "configmaps" in API group "" in the namespace'
        ' "default"'
    )
    assert (refused.status, refused.body["details"]) == (403, {"kind": "configmaps"})
    path = await api("GET", "/metrics", user="nobody")
    assert path.body["message"] == 'forbidden: User "nobody" cannot get path "/metrics"'


async def test_unacceptable(api: RawApi) -> None:
    """What cannot be written in the wanted form is refused: reviews have no table."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    reply = await api("POST", path, review, headers={"Accept": TABLE})
    assert (reply.status, reply.body["reason"]) == (406, "NotAcceptable")
    assert (await api("GET", MAPS, headers={"Accept": "image/png"})).status == 406
    assert (await api("GET", MAPS, headers={"Accept": "image/png,*/*;q=0.1"})).status == 200


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            {"fieldSelector": "spec.x=1"},
            400,
            '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ({"fieldSelector": "x"}, 400, "invalid selector: 'x'; can't understand 'x'"),
        ({"labelSelector": "a in"}, 400, "unable to parse requirement: found '' expected: '('"),
        ({"limit": "x"}, 400, 'limit: Invalid value: "x": strconv.ParseInt: parsing "x": invalid syntax'),
        ({"timeoutSeconds": "x", "watch": "1"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ({"timeout": "x"}, 400, 'invalid timeout specified in the request URL - time: invalid duration "x"'),
    ],
)
async def test_questions(api: RawApi, query: dict, code: int, message: str) -> None:
    """Parameters that cannot be read are named."""
    reply = await api("GET", MAPS, **query)
    assert (reply.status, reply.body["message"]) == (code, message)


async def test_other_kinds_words_for_fields(api: RawApi) -> None:
    """A kind with selectable fields of its own refuses others in shorter words."""
    reply = await api("GET", "/api/v1/pods", fieldSelector="spec.x=1")
    assert reply.body["message"] == "field label not supported: spec.x"


async def test_time_is_up(api: RawApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that may take no longer is answered with a Timeout."""
    monkeypatch.setattr("bouvier.apiserver.verbs.listing.BEHIND_SECONDS", 60)
    reply = await api("GET", MAPS, timeout="50ms", resourceVersion="999999999")
    assert (reply.status, reply.body["reason"]) == (504, "Timeout")
    assert reply.body["message"] == "Timeout: request did not complete within the allotted timeout"


async def test_annotations_have_a_limit(api: RawApi) -> None:
    """All annotations together hold 256 KiB."""
    reply = await api("POST", MAPS, config("big", annotations={"x": "y" * 262_144}))
    assert reply.body["details"]["causes"] == [
        {
            "reason": "FieldValueTooLong",
            "message": "Too long: may not be more than 262144 bytes",
            "field": "metadata.annotations",
        }
    ]


async def test_generated_names_run_out(api: RawApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is drawn is drawn again when it is taken, but not for ever."""
    monkeypatch.setattr("bouvier.apiserver.verbs.creating.SUFFIX_LETTERS", "b")
    body = config("") | {"metadata": {"generateName": "drawn-"}}
    first = await api("POST", MAPS, body)
    second = await api("POST", MAPS, body)
    assert (first.status, first.body["metadata"]["name"]) == (201, "drawn-bbbbb")
    assert (second.status, second.body["reason"]) == (409, "AlreadyExists")
    assert second.body["message"].endswith("the server was not able to generate a unique name for the object")
