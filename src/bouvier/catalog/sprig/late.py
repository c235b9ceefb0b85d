"""Functions whose modules are read when a template first calls them.

The library of keys and certificates takes longer to read than fifty templates take to render, and few charts use it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bouvier.catalog.gotemplate.functions import Function, function


def _late(signature: str, module: str, name: str) -> Function:
    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"bouvier.catalog.sprig.{module}"), name)(*arguments)

    return function(signature, call)


FUNCTIONS: dict[str, Function] = {
    "derivePassword": _late("issss", "ciphers", "derive_password"),
    "encryptAES": _late("ss", "ciphers", "encrypt"),
    "decryptAES": _late("ss", "ciphers", "decrypt"),
    "bcrypt": _late("s", "ciphers", "hashed"),
    "htpasswd": _late("sss*", "ciphers", "htpasswd"),
    "genPrivateKey": _late("s", "certificates", "new_key"),
    "genCA": _late("si", "certificates", "authority"),
    "genCAWithKey": _late("sis", "certificates", "authority"),
    "genSelfSignedCert": _late("saai", "certificates", "self_signed"),
    "genSelfSignedCertWithKey": _late("saais", "certificates", "self_signed"),
    "genSignedCert": _late("saaia", "certificates", "by_authority"),
    "genSignedCertWithKey": _late("saaias", "certificates", "by_authority"),
    "buildCustomCert": _late("ss", "certificates", "custom"),
}
