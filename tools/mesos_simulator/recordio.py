"""RecordIO: each record is its length in decimal, a line feed, and so many bytes.

Source: https://mesos.apache.org/documentation/latest/scheduler-http-api/#recordio-response-format
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson


def encode(message: object) -> bytes:
    """Return a message as one record."""
    data = orjson.dumps(message)
    return b"%d\n%s" % (len(data), data)


async def decode(chunks: AsyncIterator[bytes]) -> AsyncIterator[dict]:
    """Yield the messages of a stream."""
    rest = b""
    async for chunk in chunks:
        rest += chunk
        while True:
            length, found, tail = rest.partition(b"\n")
            if not found or len(tail) < int(length):
                break
            yield orjson.loads(tail[: int(length)])
            rest = tail[int(length) :]
