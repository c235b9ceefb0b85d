"""Protobuf bodies become the JSON objects that their senders meant."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.wire.protobuf.envelope import decode
from bouvier.meta.errors import ApiError
from tests.unit.apiserver.wire.protobuf_writer import body, number, section


def test_config_map():
    """Texts, maps and base64 data arrive; empty metadata fields do not."""
    meta = section(1, section(1, "settings"), section(3, ""), section(5, ""), number(7, 0), section(8))
    data = section(2, section(1, "colour"), section(2, "blue")) + section(2, section(1, "empty"))
    binary = section(3, section(1, "blob"), section(2, b"\x00\xff"))
    assert decode(body("v1", "ConfigMap", meta, data, binary)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"colour": "blue", "empty": ""},
        "binaryData": {"blob": "AP8="},
    }


def test_zero_of_a_pointer_is_kept():
    """`replicas: 0` means none and stays; a zero minReadySeconds means the default and goes."""
    obj = decode(body("apps/v1", "Deployment", section(2, number(1, 0), number(5, 0))))
    assert obj["spec"] == {"replicas": 0}


def test_empty_object_of_a_pointer_is_kept():
    """`emptyDir: {}` survives inside the volume that it is written into."""
    volume = section(1, section(1, "cache"), section(2, section(2)))
    obj = decode(body("v1", "Pod", section(2, volume, section(8))))
    assert obj["spec"]["volumes"] == [{"name": "cache", "emptyDir": {}}]


def test_ports_quantities_and_negative_numbers():
    """IntOrString, Quantity and negative numbers take their JSON forms."""
    resources = section(8, section(1, section(1, "cpu"), section(2, section(1, "100m"))))
    probe = section(10, section(1, section(2, section(1, "/"), section(2, number(1, 1), section(3, "web")))))
    container = section(2, section(1, "c"), resources, probe)
    obj = decode(body("v1", "Pod", section(2, container, number(25, -5))))
    assert obj["spec"]["priority"] == -5
    assert obj["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "100m"}}
    assert obj["spec"]["containers"][0]["livenessProbe"] == {"httpGet": {"path": "/", "port": "web"}}


def test_times():
    """Times are RFC 3339 in UTC, lease times with microseconds."""
    moment = number(1, 1_700_000_000) + number(2, 123_456_000)
    meta = section(1, section(9, moment))
    obj = decode(body("coordination.k8s.io/v1", "Lease", meta, section(2, section(3, moment))))
    assert obj["metadata"]["deletionTimestamp"] == "2023-11-14T22:13:20Z"
    assert obj["spec"]["acquireTime"] == "2023-11-14T22:13:20.123456Z"
    early = body("coordination.k8s.io/v1", "Lease", section(2, section(3, number(1, -62_135_596_798))))
    assert decode(early)["spec"]["acquireTime"] == "0001-01-01T00:00:02.000000Z"  # years have four digits


def test_the_first_years():
    """Years have four digits in every text, as Go's zero time and what is counted from it."""
    moment = number(1, (1 << 64) - 62_135_596_798)
    obj = decode(
        body("coordination.k8s.io/v1", "Lease", section(1, section(9, moment)), section(2, section(3, moment)))
    )
    assert obj["metadata"]["deletionTimestamp"] == "0001-01-01T00:00:02Z"
    assert obj["spec"]["acquireTime"] == "0001-01-01T00:00:02.000000Z"


def test_lists_in_messages_of_their_own():
    """A user's extra values are a map of lists."""
    extra = section(1, section(5, section(1, "scopes"), section(2, section(1, "a"), section(1, "b"))))
    obj = decode(body("authorization.k8s.io/v1", "SubjectAccessReview", section(2, extra[2:])))
    assert obj["spec"]["extra"] == {"scopes": ["a", "b"]}


def test_option_kinds_belong_to_every_group():
    """DeleteOptions are read whichever group version the client wrote into them."""
    obj = decode(body("apps/v1", "DeleteOptions", number(1, 0), section(4, "Background")))
    assert obj["gracePeriodSeconds"] == 0
    assert obj["propagationPolicy"] == "Background"


def test_unknown_fields_are_skipped():
    """A newer client's fields, of any wire type, do not hinder the rest."""
    unknown = section(900, "x") + number(901, 7) + b"\xb9\x38" + bytes(8) + b"\xbd\x38" + bytes(4)
    assert decode(body("v1", "ConfigMap", unknown, number(4, 1)))["immutable"] is True


def test_default_type_fills_what_the_envelope_lacks():
    """A body without apiVersion and kind is of the kind that the URL implies."""
    assert decode(body("", "", number(4, 0)), ("v1", "ConfigMap")) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "immutable": False,
    }


def test_kind_without_protobuf_form():
    """A custom kind is refused with the content type to use instead."""
    with pytest.raises(ApiError, match="send application/json") as caught:
        decode(body("example.com/v1", "Widget"))
    assert caught.value.code == 415


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"{}", id="json"),
        pytest.param(b"", id="empty"),
        pytest.param(body("v1", "ConfigMap", section(2, section(1, "a"))[:-1]), id="cut"),
        pytest.param(body("v1", "ConfigMap", section(2, section(1, b"\xff"))), id="not text"),
        pytest.param(body("v1", "ConfigMap", b"\x0b"), id="group"),
        pytest.param(body("v1", "ConfigMap", b"\x80" * 11 + b"\x01"), id="long number"),
        pytest.param(body("v1", "Pod", section(1, section(9, number(1, 1 << 60)))), id="time out of range"),
        pytest.param(body("v1", "ConfigMap")[:-6] + b"\x7f", id="envelope cut"),
    ],
)
def test_wrong_bodies_are_bad_requests(bad):
    """Whatever is wrong with the bytes, the answer is a BadRequest."""
    with pytest.raises(ApiError) as caught:
        decode(bad)
    assert caught.value.code == 400


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(noise):
    """Any bytes give an object or a refusal, never another error."""
    with contextlib.suppress(ApiError):
        assert decode(body("v1", "Pod", noise))["kind"] == "Pod"
