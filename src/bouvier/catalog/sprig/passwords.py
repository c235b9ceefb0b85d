"""Random texts and identifiers."""

from __future__ import annotations

import base64
import random
import secrets
import string
import uuid

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function

_LONGEST = 1 << 20
_ASCII = "".join(chr(code) for code in range(32, 127))


def _random(signs: str) -> Function:
    def make(length: int) -> str:
        if not 0 <= length <= _LONGEST:
            raise FunctionError(f"{length} is no length of a random text")
        return "".join(secrets.choice(signs) for _ in range(length))

    return function("i", make)


def _random_bytes(count: int) -> str:
    if not 0 <= count <= _LONGEST:
        raise FunctionError(f"{count} is no number of random bytes")
    return base64.b64encode(secrets.token_bytes(count)).decode()


def _shuffle(text: str) -> str:
    signs = list(text)
    random.shuffle(signs)
    return "".join(signs)


FUNCTIONS: dict[str, Function] = {
    "randAlphaNum": _random(string.ascii_letters + string.digits),
    "randAlpha": _random(string.ascii_letters),
    "randNumeric": _random(string.digits),
    "randAscii": _random(_ASCII),
    "randBytes": function("i", _random_bytes),
    "shuffle": function("s", _shuffle),
    "uuidv4": function("", lambda: str(uuid.uuid4())),
}
