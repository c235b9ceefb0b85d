"""RecordIO: each record is its length in decimal, a line feed, and so many bytes (pure).

Source: https://mesos.apache.org/documentation/latest/scheduler-http-api/#recordio-response-format
"""

from __future__ import annotations

from typing import Any

import orjson

MOST_BYTES = 256 * 1024 * 1024
"""A length beyond this is no record: the whole state of a large cluster is smaller."""


class Decoder:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Take bytes in and return the messages that are complete now.

        Raises:
            ValueError: this is not RecordIO.
        """
        self._rest += data
        found: list[Any] = []
        while (end := self._rest.find(b"\n", 0, 32)) >= 0:
            length = int(self._rest[:end])
            if not 0 <= length <= MOST_BYTES:
                raise ValueError(f"a record of {length} bytes")
            if len(self._rest) < end + 1 + length:
                return found
            found.append(orjson.loads(self._rest[end + 1 : end + 1 + length]))
            del self._rest[: end + 1 + length]
        if len(self._rest) >= 32:
            raise ValueError("a record without a length")
        return found


def encode(message: Any) -> bytes:
    """Return a message as one record."""
    data = orjson.dumps(message)
    return b"%d\n%s" % (len(data), data)
