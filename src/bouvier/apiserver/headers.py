"""Request headers without copies: names are compared in small letters, repeated ones are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Headers(Mapping[str, str]):
    """Headers in the order received, found by name in any case."""

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._first = dict(reversed(pairs))
        """The first value of each; a request is asked for some ten headers, most of which it has not."""

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Return the first value of a header, or the default."""
        return self._first.get(name.lower(), default)

    def getall(self, name: str) -> list[str]:
        """Return every value of a header."""
        wanted = name.lower()
        return [value for key, value in self._pairs if key == wanted]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._pairs))

    def __len__(self) -> int:
        return len(self._first)

    def pairs(self) -> list[tuple[str, str]]:
        """Return name and value of every header line."""
        return self._pairs
