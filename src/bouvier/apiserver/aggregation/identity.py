"""How an extension's API server knows that a request comes from here, and on whose behalf.

This server shows it a client certificate of an authority of its own; the authority's certificate is in the ConfigMap
`extension-apiserver-authentication`, where such servers look for it.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#authentication-flow
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj
from bouvier.util.pki import Authority, write_private

COMMON_NAME = "front-proxy-client"
CONFIG_MAP = "extension-apiserver-authentication"


class Identity(NamedTuple):
    """Certificate and key in files, and who vouches for them."""

    certificate: Path
    key: Path
    authority_pem: str


def open_identity(folder: Path) -> Identity:
    """Read the authority or make it at first start, and issue a fresh certificate."""
    authority = Authority.open(folder, "front-proxy-ca", "front-proxy-ca")
    certificate, key = authority.issue(COMMON_NAME)
    places = folder / "front-proxy-client.crt", folder / "front-proxy-client.key"
    write_private(places[0], certificate)
    write_private(places[1], key)
    return Identity(*places, authority.pem.decode())


def remote_headers(user: User) -> list[tuple[str, str]]:
    """Return the headers that say who asks."""
    headers = [("X-Remote-User", user.name)]
    headers += [("X-Remote-Group", group) for group in user.groups]
    if user.uid:
        headers.append(("X-Remote-Uid", user.uid))
    headers += [(f"X-Remote-Extra-{key}", value) for key, values in user.extra for value in values]
    return headers


def objects(identity: Identity) -> list[Obj]:
    """Return what extensions read to know this server."""
    namespace = {"namespace": "kube-system"}
    config_map: Obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, **namespace},
        "data": {
            "requestheader-client-ca-file": identity.authority_pem,
            "requestheader-allowed-names": f'["{COMMON_NAME}"]',
            "requestheader-username-headers": '["X-Remote-User"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-uid-headers": '["X-Remote-Uid"]',
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        },
    }
    return [config_map]
