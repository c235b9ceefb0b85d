import itertools
from collections.abc import AsyncIterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.client import watching
from bouvier.meta.errors import ApiError


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@given(st.lists(st.text(max_size=30), max_size=8), st.lists(st.integers(0, 400), max_size=20))
async def test_events_do_not_depend_on_chunks(names: list[str], cuts: list[int]) -> None:
    """However the bytes are cut, the same events come out in the same order."""
    data = b"".join(orjson.dumps({"type": "ADDED", "object": {"n": name}}) + b"\n" for name in names)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [data[a:b] for a, b in itertools.pairwise(edges)]
    found = [event async for batch in watching.events(_chunks(*parts)) for event in batch]
    assert [event.object["n"] for event in found] == names


async def test_error_comes_after_what_preceded_it() -> None:
    """Events before an ERROR in the same chunk are delivered before it is raised."""
    lines = b'{"type":"ADDED","object":{}}\n{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}\n'
    events = watching.events(_chunks(lines))
    assert len(await anext(events)) == 1
    with pytest.raises(ApiError):
        await anext(events)


async def test_nonsense_is_a_connection_error() -> None:
    """A line that is no event breaks the watch, so that it is started anew."""
    with pytest.raises(ConnectionError, match="not a watch event"):
        await anext(watching.events(_chunks(b"<html>\n")))
