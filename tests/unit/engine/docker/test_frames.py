"""Docker's framing of output."""

from __future__ import annotations

import asyncio
import struct

from hypothesis import given
from hypothesis import strategies as st

from bouvier.engine.docker.frames import read_frame
from bouvier.engine.states import Output

pieces = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(min_size=1, max_size=50)), max_size=6)


@given(pieces, st.integers(1, 9))
def test_pieces_are_found_however_they_arrive(sent: list[tuple[int, bytes]], step: int) -> None:
    """Bytes may be cut anywhere on the way."""
    data = b"".join(struct.pack(">BxxxL", stream, len(text)) + text for stream, text in sent)

    async def read() -> list[Output]:
        reader = asyncio.StreamReader()
        for start in range(0, len(data), step):
            reader.feed_data(data[start : start + step])
        reader.feed_eof()
        found = []
        while piece := await read_frame(reader, terminal=False):
            found.append(piece)
        return found

    names = {1: "stdout", 2: "stderr"}
    assert asyncio.run(read()) == [Output(names[stream], text) for stream, text in sent]
