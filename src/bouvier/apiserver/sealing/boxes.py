"""The ciphers of sealed values. Each binds a value to the key that it is stored under: a value that was moved to another
object's place does not open.

`aesgcm` takes the store key as associated data. `aescbc` knows no such thing and no proof either, so the store key and the
ciphertext are sealed by an HMAC-SHA256 beside it. `secretbox` holds the store key's digest in front of the value.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

NONCE_BYTES = 12
BLOCK_BYTES = 16
DIGEST_BYTES = 32
KEY_BYTES = {"aesgcm": (16, 24, 32), "aescbc": (16, 24, 32), "secretbox": (32,)}
"""Lengths of keys by provider. Source: Kubernetes "Encrypting Confidential Data at Rest", providers."""


class BrokenError(Exception):
    """Raised for a value that does not open with a key: it was changed, moved, or sealed with another one."""


class Box(Protocol):
    """Seals and opens with one key."""

    @property
    def name(self) -> str:
        """Provider and key: `aesgcm:key1`."""

    def seal(self, store_key: str, value: bytes) -> bytes:
        """Return the sealed form of a value that is stored under `store_key`."""

    def open(self, store_key: str, sealed: bytes) -> bytes:
        """Return the value. Raises: BrokenError."""


class AesGcmBox:
    """AES-GCM with a random nonce: good for 4 billion writes with one key (NIST SP 800-38D, 8.3)."""

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self._cipher = AESGCM(secret)

    def seal(self, store_key: str, value: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, store_key.encode())

    def open(self, store_key: str, sealed: bytes) -> bytes:
        """Return the value. Raises: BrokenError."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], store_key.encode())
        except (InvalidTag, ValueError):
            raise BrokenError from None


class AesCbcBox:
    """AES-CBC, encrypted first and proved afterwards."""

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self._algorithm = algorithms.AES(secret)
        self._proof_key = hmac.digest(secret, b"bouvier aescbc proof", "sha256")

    def _proof(self, store_key: str, body: bytes) -> bytes:
        bound = store_key.encode()
        return hmac.digest(self._proof_key, len(bound).to_bytes(4, "big") + bound + body, "sha256")

    def seal(self, store_key: str, value: bytes) -> bytes:
        """Return start vector, ciphertext and proof."""
        start = os.urandom(BLOCK_BYTES)
        padder = PKCS7(BLOCK_BYTES * 8).padder()
        encryptor = Cipher(self._algorithm, modes.CBC(start)).encryptor()
        body = start + encryptor.update(padder.update(value) + padder.finalize()) + encryptor.finalize()
        return body + self._proof(store_key, body)

    def open(self, store_key: str, sealed: bytes) -> bytes:
        """Return the value. Raises: BrokenError."""
        body, proof = sealed[:-DIGEST_BYTES], sealed[-DIGEST_BYTES:]
        if not hmac.compare_digest(proof, self._proof(store_key, body)):
            raise BrokenError
        decryptor = Cipher(self._algorithm, modes.CBC(body[:BLOCK_BYTES])).decryptor()
        unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
        padded = decryptor.update(body[BLOCK_BYTES:]) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()


class SecretBoxBox:
    """XSalsa20 and Poly1305."""

    def __init__(self, name: str, secret: bytes) -> None:
        from nacl.secret import SecretBox  # noqa: PLC0415 - for the few who choose it

        self.name = name
        self._box = SecretBox(secret)

    def seal(self, store_key: str, value: bytes) -> bytes:
        """Return nonce and ciphertext."""
        return bytes(self._box.encrypt(hashlib.sha256(store_key.encode()).digest() + value))

    def open(self, store_key: str, sealed: bytes) -> bytes:
        """Return the value. Raises: BrokenError."""
        from nacl.exceptions import CryptoError  # noqa: PLC0415

        try:
            opened = bytes(self._box.decrypt(sealed))
        except (CryptoError, ValueError):
            raise BrokenError from None
        if opened[:DIGEST_BYTES] != hashlib.sha256(store_key.encode()).digest():
            raise BrokenError
        return opened[DIGEST_BYTES:]


def make_box(provider: str, key: str, secret: bytes) -> Box:
    """Return the box of a provider's key."""
    makers: dict[str, Callable[[str, bytes], Box]] = {
        "aesgcm": AesGcmBox,
        "aescbc": AesCbcBox,
        "secretbox": SecretBoxBox,
    }
    return makers[provider](f"{provider}:{key}", secret)
