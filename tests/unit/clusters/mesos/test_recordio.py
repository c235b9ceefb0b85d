"""RecordIO."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.clusters.mesos.recordio import Decoder, encode

MESSAGES = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=5)


@given(messages=MESSAGES, cut=st.integers(1, 7))
def test_messages_survive_any_division_of_the_stream(messages: list[dict[str, str]], cut: int) -> None:
    """What was encoded is decoded, however the bytes arrive."""
    data = b"".join(encode(message) for message in messages)
    decoder = Decoder()
    found = [m for start in range(0, len(data), cut) for m in decoder.feed(data[start : start + cut])]
    assert found == messages


@pytest.mark.parametrize("data", [b"<html>\n", b"-5\n12345", b"x" * 40])
def test_other_streams_are_refused(data: bytes) -> None:
    """An answer that is no RecordIO is an error, not a wait for more."""
    with pytest.raises(ValueError, match="record|invalid literal"):
        Decoder().feed(data)
