"""Client certificates, and requests that a trusted proxy hands on with the user's name in headers.

A certificate of the proxies' authority proves a proxy and never a user; one of the platform's authority proves a user and
never a proxy, however it is named.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import User

CREDENTIAL = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True)
class ProxySettings:
    """Which proxies are believed, and where they write the user."""

    authority_pem: str = ""
    allowed_names: tuple[str, ...] = ()
    """Common names of their certificates; empty: any that the authority has signed."""
    username_headers: tuple[str, ...] = ("X-Remote-User",)
    group_headers: tuple[str, ...] = ("X-Remote-Group",)
    uid_headers: tuple[str, ...] = ("X-Remote-Uid",)
    extra_prefixes: tuple[str, ...] = ("X-Remote-Extra-",)


class Peer(NamedTuple):
    """What a connection's certificate proves."""

    user: User | None = None
    is_proxy: bool = False


NOBODY = Peer()


@dataclass
class Proxies:
    """Tells users from proxies, and reads what proxies say."""

    settings: ProxySettings = field(default_factory=ProxySettings)
    _authorities: list[Any] | None = None

    def peer(self, certificate: Mapping[str, Any] | None, der: bytes) -> Peer:
        """Return what a verified certificate proves."""
        if not certificate:
            return NOBODY
        fields: dict[str, list[str]] = {}
        for ((name, value),) in certificate.get("subject", ()):
            fields.setdefault(name, []).append(value)
        common_name = (fields.get("commonName") or [""])[-1]
        if self.settings.authority_pem and self._is_of_proxies(der):
            allowed = self.settings.allowed_names
            return Peer(None, not allowed or common_name in allowed)
        if not common_name:
            return NOBODY
        groups = (*fields.get("organizationName", ()), AUTHENTICATED)
        mark = f"X509SHA256={hashlib.sha256(der).hexdigest()}"
        return Peer(User(common_name, groups, "", ((CREDENTIAL, (mark,)),)))

    def _is_of_proxies(self, der: bytes) -> bool:
        """Tell whether the proxies' authority has signed a certificate; its name alone proves nothing."""
        from cryptography import x509  # noqa: PLC0415 - only where somebody shows a certificate
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        if self._authorities is None:
            self._authorities = x509.load_pem_x509_certificates(self.settings.authority_pem.encode())
        shown = x509.load_der_x509_certificate(der)
        for authority in self._authorities:
            if shown.issuer != authority.subject:
                continue
            try:
                shown.verify_directly_issued_by(authority)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return True
        return False

    def user(self, headers: Headers) -> User | None:
        """Return the user that a proxy names, None when it names nobody."""
        settings = self.settings
        name = next((text for each in settings.username_headers if (text := headers.get(each))), "")
        if not name:
            return None
        groups = [text for each in settings.group_headers for text in headers.getall(each)]
        uid = next((text for each in settings.uid_headers if (text := headers.get(each))), "")
        extra: dict[str, list[str]] = {}
        for key, value in headers.pairs():
            for prefix in settings.extra_prefixes:
                if key.startswith(prefix.lower()):
                    extra.setdefault(unquote(key[len(prefix) :]).lower(), []).append(value)
        if AUTHENTICATED not in groups and name != "system:anonymous":
            groups.append(AUTHENTICATED)
        return User(name, tuple(groups), uid, tuple((key, tuple(values)) for key, values in extra.items()))
