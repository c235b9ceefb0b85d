"""How much a template may do: it comes from a catalog, and must not be able to halt or fill its host."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds of one rendering, over all templates of it."""

    steps: int = 5_000_000
    """Nodes executed. The largest charts in use take some 200,000; five million are about ten seconds."""
    output_characters: int = 16 * 1024 * 1024
    """Text written, includes counted at every level. The API takes objects of 3 MiB, a release's manifest of 1 MiB."""
    depth: int = 120
    """Templates within templates. Library charts reach 15; each level costs a dozen Python frames."""
    value_characters: int = 4 * 1024 * 1024
    """Length of one text that a function makes, such as `repeat`."""
    items: int = 100_000
    """Elements of one list that a function makes, such as `until`."""
