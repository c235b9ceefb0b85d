"""Sealing of values in the store: AES-256-GCM with the store key as associated data.

A sealed value is a zero byte and `s1` + 12 bytes nonce + ciphertext; anything else is plain. The key lies in the data
directory, readable by its owner only. Binding the store key in means that a sealed value moved to another
name does not open.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"\x00s1"
NONCE_BYTES = 12


class Sealer:
    """Seals and opens values of the kinds that ask for it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read the key, or draw and write one at first start."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(AESGCM.generate_key(256))
        return cls(path.read_bytes())

    def seal(self, key: str, value: bytes) -> bytes:
        """Return the sealed form of a value stored under `key`."""
        nonce = os.urandom(NONCE_BYTES)
        return MARK + nonce + self._cipher.encrypt(nonce, value, key.encode())

    def open(self, key: str, value: bytes) -> bytes:
        """Return the plain form; a value that was never sealed is returned as it is.

        Raises:
            cryptography.exceptions.InvalidTag: the value or its key was changed.

        """
        if not value.startswith(MARK):
            return value
        nonce = value[len(MARK) : len(MARK) + NONCE_BYTES]
        return self._cipher.decrypt(nonce, value[len(MARK) + NONCE_BYTES :], key.encode())
