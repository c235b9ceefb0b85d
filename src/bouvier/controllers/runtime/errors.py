"""The two ways in which a reconciliation may fail."""

from __future__ import annotations


class Temporary(Exception):  # noqa: N818 - the word of the contract: it says what to do, not what broke
    """Something outside must change or calm down: the key is tried again with growing delays."""


class Permanent(Exception):  # noqa: N818
    """Trying again cannot help: the key rests until one of its objects changes."""
