"""Request bodies of every content type are read as Kubernetes reads them."""

import pytest

from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import ApiError
from tests.unit.apiserver.wire.protobuf_writer import body as protobuf_body
from tests.unit.apiserver.wire.protobuf_writer import section

CONFIG_MAP = ("v1", "ConfigMap")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b'{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"}}'),
        ("application/json; charset=utf-8", b'{"data":{"a":"1"}}'),
        ("application/yaml", b"data: {a: '1'}\n"),
        (
            "application/vnd.kubernetes.protobuf",
            protobuf_body("v1", "ConfigMap", section(2, section(1, "a"), section(2, "1"))),
        ),
    ],
)
def test_one_object_in_every_form(content_type, body):
    """JSON, YAML and protobuf give the same object; the URL's kind fills in what is missing."""
    decoded = bodies.decode_object(content_type, body, CONFIG_MAP)
    assert decoded.obj == {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("application/json", b'{"a"', r"must be of type ConfigMap\): couldn't get version/kind; json parse error: "),
        ("application/json", b"[1]", "cannot unmarshal array into an object"),
        ("application/json", b"", r"json parse error: unexpected end of JSON input \(<empty>\)"),
        (
            "application/json",
            b'{"kind":7}',
            r"cannot unmarshal number into Go struct field \.kind of type string \(\{\"kind\":7\}\)",
        ),
        ("application/json", b"[" * 5000, "json parse error"),
        ("application/json", b'{"a":' * 500 + b"1" + b"}" * 500, "nests more than 200 levels deep"),
        ("application/yaml", b"a: [1", "yaml: line"),
        ("application/yaml", b"a: 1\n---\nb: 2\n", "another document"),
        ("application/yaml", b"", "cannot unmarshal null into an object"),
        ("application/yaml", b"\xff\xfe\x00", "yaml"),
    ],
)
def test_unreadable(content_type, body, message):
    """Malformed bodies are BadRequests that say what was expected and where reading stopped."""
    with pytest.raises(ApiError, match=message) as caught:
        bodies.decode_object(content_type, body, CONFIG_MAP)
    assert caught.value.code == 400


def test_wide_objects_are_not_deep():
    """Many objects beside each other are fine."""
    body = b'{"items":[' + b",".join([b'{"a":{}}'] * 1000) + b"]}"
    assert len(bodies.decode_object("", body, CONFIG_MAP).obj["items"]) == 1000


def test_object_without_a_kind():
    """Where the URL implies no kind, the body must name one."""
    with pytest.raises(ApiError, match="'kind' is missing"):
        bodies.decode_object("application/json", b'{"apiVersion":"v1"}')


def test_unsupported_media_type():
    """Other content types are refused with a list of those that are read."""
    with pytest.raises(ApiError, match="accepted media types include: application/json") as caught:
        bodies.decode_object("text/plain", b"", CONFIG_MAP)
    assert caught.value.code == 415
    assert caught.value.message.endswith(
        ": application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor"
    )


def test_duplicate_fields_only_when_asked():
    """Strict and Warn validation learn the path of each repeated field."""
    body = b'{"data":{"a":"1","a":"2","b":"3"},"list":[{"x":1},{"x":1,"x":2,"x":3}]}'
    hints = bodies.decode_object("application/json", body, CONFIG_MAP, find_duplicates=True).duplicates
    assert [hint.message for hint in hints] == ['duplicate field "data.a"', 'duplicate field "list[1].x"']
    assert bodies.decode_object("application/json", body, CONFIG_MAP).duplicates == []


def test_patches():
    """JSON patches are lists, others objects; apply patches may be YAML."""
    assert bodies.decode_patch(bodies.JSON_PATCH, b'[{"op":"remove","path":"/a"}]').obj[0]["op"] == "remove"
    assert bodies.decode_patch(bodies.APPLY_PATCH, b"spec:\n  replicas: 2\n").obj == {"spec": {"replicas": 2}}
    assert bodies.decode_patch(bodies.APPLY_PATCH, b'{"spec": {}}').obj == {"spec": {}}
    assert bodies.decode_patch(bodies.APPLY_PATCH, b"{spec: 1}").obj == {"spec": 1}


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        (bodies.JSON_PATCH, b"{}", 400),
        (bodies.MERGE_PATCH, b"[]", 400),
        (bodies.MERGE_PATCH, b"{", 400),
        (bodies.APPLY_PATCH, b"{", 400),
        ("application/json", b"{}", 415),
    ],
)
def test_wrong_patches(content_type, body, code):
    """A patch of the wrong form or type is refused."""
    with pytest.raises(ApiError) as caught:
        bodies.decode_patch(content_type, body)
    assert caught.value.code == code
