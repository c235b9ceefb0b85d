"""Passwords derived and hashed, and texts encrypted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

import bcrypt
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bouvier.catalog.gotemplate.errors import FunctionError

_KEY_BYTES = 32
_BCRYPT_BYTES = 72
_TEMPLATES = {
    "long": [
        "CvcvnoCvcvCvcv",
        "CvcvCvcvnoCvcv",
        "CvcvCvcvCvcvno",
        "CvccnoCvcvCvcv",
        "CvccCvcvnoCvcv",
        "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv",
        "CvcvCvccnoCvcv",
        "CvcvCvccCvcvno",
        "CvcvnoCvcvCvcc",
        "CvcvCvcvnoCvcc",
        "CvcvCvcvCvccno",
        "CvccnoCvccCvcv",
        "CvccCvccnoCvcv",
        "CvccCvccCvcvno",
        "CvcvnoCvccCvcc",
        "CvcvCvccnoCvcc",
        "CvcvCvccCvccno",
        "CvccnoCvcvCvcc",
        "CvccCvcvnoCvcc",
        "CvccCvcvCvccno",
    ],
    "maximum": ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
    "medium": ["CvcnoCvc", "CvcCvcno"],
    "short": ["Cvcn"],
    "basic": ["aaanaaan", "aannaaan", "aaannaaa"],
    "pin": ["nnnn"],
}
_SIGNS = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}


def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """Return the password that a master password gives for a site.

    Source: the Master Password algorithm, as sprig's `derivePassword`
    """
    templates = _TEMPLATES.get(kind)
    if templates is None:
        raise FunctionError(f"cannot find password template {kind}; there are {', '.join(sorted(_TEMPLATES))}")
    scope = b"com.lyndir.masterpassword"
    salt = scope + len(user.encode()).to_bytes(4, "big") + user.encode()
    key = Scrypt(salt=salt, length=64, n=32768, r=8, p=2).derive(password.encode())
    message = scope + len(site.encode()).to_bytes(4, "big") + site.encode() + counter.to_bytes(4, "big")
    seed = hmac.new(key, message, hashlib.sha256).digest()
    template = templates[seed[0] % len(templates)]
    return "".join(_SIGNS[sign][seed[index + 1] % len(_SIGNS[sign])] for index, sign in enumerate(template))


def _key(password: str) -> bytes:
    return password.encode()[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0")


def encrypt(password: str, text: str) -> str:
    """Return a text encrypted with AES-CBC, its vector before it, in base64."""
    vector = secrets.token_bytes(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(_key(password)), modes.CBC(vector)).encryptor()
    return base64.b64encode(vector + encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(password: str, text: str) -> str:
    """Return what `encrypt` was given."""
    data = base64.b64decode(text)
    decryptor = Cipher(algorithms.AES(_key(password)), modes.CBC(data[:16])).decryptor()
    padded = decryptor.update(data[16:]) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def hashed(password: str) -> str:
    """Return the bcrypt hash of a password."""
    if len(password.encode()) > _BCRYPT_BYTES:
        raise FunctionError(f"bcrypt takes passwords of at most {_BCRYPT_BYTES} bytes")
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(10, prefix=b"2a")).decode()


def htpasswd(user: str, password: str, *kind: Any) -> str:
    """Return a line of a password file: bcrypt, or `sha`."""
    if ":" in user:
        raise FunctionError(f"invalid username: {user}")
    if kind and kind[0] != "bcrypt":
        if kind[0] != "sha":
            raise FunctionError(f"unknown hash {kind[0]}: bcrypt and sha are known")
        digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()  # noqa: S324 - the format's own
        return f"{user}:{{SHA}}{digest}"
    return f"{user}:{hashed(password)}"
