"""Random identities."""

from __future__ import annotations

import os
import random

_UUID_VARIANTS = "89ab"
"""First digit of the fourth group (RFC 9562, 4.1)."""
_random = random.Random(os.urandom(32))  # noqa: S311 (identities must be unique, not secret)


def new_uid() -> str:
    """Return a fresh identity: a random UUID, without a system call for each."""
    digits = f"{_random.getrandbits(128):032x}"
    variant = _UUID_VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
