"""Names for generated objects, chosen by the controller so that it can announce them before it creates them."""

from __future__ import annotations

import random

SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no look-alikes, so that no word appears by chance (the API server's own alphabet)."""
SUFFIX_LENGTH = 5
LONGEST_BASE = 63 - SUFFIX_LENGTH
"""Pod names should fit a DNS label."""


def generated(base: str) -> str:
    """Return `base` (ending in a dash) with a random suffix, short enough for a DNS label."""
    suffix = "".join(random.choices(SUFFIX_LETTERS, k=SUFFIX_LENGTH))  # noqa: S311 - uniqueness, not secrecy
    return base[:LONGEST_BASE] + suffix
