"""CBOR bodies hold what JSON holds, and nothing else."""

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.wire.bodies import decode_object, decode_patch
from bouvier.apiserver.wire.cbor_body import cbor_from_json, cbor_sequence, decode_cbor
from bouvier.meta.errors import ApiError

CONFIG_MAP = ("v1", "ConfigMap")

numbers = st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(documents)
def test_documents_come_back(document):
    """Whatever JSON document is written, the same is read."""
    assert decode_cbor(cbor_from_json(orjson.dumps(document))) == document


@given(documents)
def test_other_writers_are_understood(document):
    """Text may be text or bytes, with or without the tag that CBOR describes itself by."""
    assert decode_cbor(cbor2.dumps(document)) == document
    assert decode_cbor(cbor2.dumps(cbor2.CBORTag(55799, document))) == document


def test_what_is_written():
    """Documents describe themselves, and text is bytes, which Go's client takes for text, times and base64."""
    assert cbor_from_json(b'{"a":"b"}') == bytes.fromhex("d9d9f7 a1 4161 4162")
    assert cbor_sequence(b'{"a":1}\n{"a":2}\n') == bytes.fromhex("d9d9f7 a1 4161 01 d9d9f7 a1 4161 02")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        pytest.param("d81644deadbeef", "3q2+7w==", id="base64"),
        pytest.param("d81544deadbeef", "3q2-7w", id="base64url"),
        pytest.param("d81744deadbeef", "deadbeef", id="base16"),
        pytest.param("c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z", id="time as text"),
        pytest.param("c11a514b67b0", "2013-03-21T20:04:00Z", id="time as number"),
        pytest.param("d82550" + "41" * 16, "A" * 16, id="a tag that means nothing here"),
        pytest.param("9f0102ff", [1, 2], id="list without a length"),
    ],
)
def test_tags(sent, meant):
    """Bytes are shown as their tag wants, times as text; other tags count for nothing."""
    assert decode_cbor(bytes.fromhex(sent)) == meant


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("", id="nothing"),
        pytest.param("a2416101416102", id="key twice"),
        pytest.param("a2416101616102", id="key twice, as bytes and text"),
        pytest.param("a10102", id="key that is a number"),
        pytest.param("f97e00", id="NaN"),
        pytest.param("f97c00", id="infinite"),
        pytest.param("c249010000000000000000", id="big number"),
        pytest.param("1bffffffffffffffff", id="more than 63 bits"),
        pytest.param("41ff", id="bytes that are no text"),
        pytest.param("f7", id="undefined"),
        pytest.param("0000", id="two documents"),
        pytest.param("5b00ffffffffffffff", id="longer than what follows"),
        pytest.param("81" * 100_000, id="deep"),
        pytest.param("c1fb7fefffffffffffff", id="time out of range"),
    ],
)
def test_wrong_bodies_are_bad_requests(sent):
    """What JSON cannot hold, and what is no CBOR, is refused."""
    with pytest.raises(ApiError, match="cbor: ") as caught:
        decode_object("application/cbor", bytes.fromhex(sent), CONFIG_MAP)
    assert caught.value.code == 400
    with pytest.raises(ApiError, match="cbor: ") as caught:
        decode_patch("application/apply-patch+cbor", bytes.fromhex(sent))
    assert caught.value.code == 400


@given(st.binary(max_size=100))
def test_no_bytes_break_the_reader(noise):
    """Any bytes give an object or a BadRequest, never another error."""
    for sent in (noise, b"\xa1\x64data" + noise):
        try:
            assert decode_object("application/cbor", sent, CONFIG_MAP).obj["kind"]
        except ApiError as error:
            assert error.code == 400
