"""How an extension's API server knows that a request comes from here, and on whose behalf.

This server shows it a client certificate of an authority of its own; the authority's certificate is in the ConfigMap
`extension-apiserver-authentication`, where such servers look for it. Each logical cluster has an authority of its own: whoever
rules one may lead requests in anybody's name to any address, and neither this server nor another cluster's may believe them.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#authentication-flow
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import orjson

from bouvier.apiserver.authn.proxies import ProxySettings
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj
from bouvier.util.pki import Authority, write_private

NAME = "front-proxy-ca"
COMMON_NAME = "front-proxy-client"
CONFIG_MAP = "extension-apiserver-authentication"


class Identity(NamedTuple):
    """Certificate and key in files, and who vouches for them."""

    certificate: Path
    key: Path
    authority_pem: str


def open_identity(folder: Path) -> Identity:
    """Read the authority or make it at first start, and issue a fresh certificate."""
    return _issued(Authority.open(folder, NAME, NAME), folder)


def _issued(authority: Authority, folder: Path) -> Identity:
    certificate, key = authority.issue(COMMON_NAME)
    places = folder / "front-proxy-client.crt", folder / "front-proxy-client.key"
    write_private(places[0], certificate)
    write_private(places[1], key)
    return Identity(*places, authority.pem.decode())


class Identities:
    """The identity for each logical cluster; those of others than `local` follow from that of `local`, uid by uid."""

    def __init__(self, folder: Path, uid_of: Callable[[str], str]) -> None:
        self._folder = folder
        self._uid_of = uid_of
        self.home = open_identity(folder)
        self._others: dict[str, Identity] = {}

    def of(self, cluster: str) -> Identity:
        """Return what is shown to the extensions of a cluster."""
        if cluster == LOCAL:
            return self.home
        uid = self._uid_of(cluster)
        found = self._others.get(uid)
        if found is None:
            authority = Authority.open(self._folder, NAME, NAME).derived(uid, f"{NAME}-{cluster}")
            found = self._others[uid] = _issued(authority, self._folder / "clusters" / uid)
        return found

    def forget(self, uid: str) -> None:
        """Remove what belongs to a cluster that goes."""
        if self._others.pop(uid, None) is not None:
            shutil.rmtree(self._folder / "clusters" / uid, ignore_errors=True)


def remote_headers(user: User) -> list[tuple[str, str]]:
    """Return the headers that say who asks."""
    headers = [("X-Remote-User", user.name)]
    headers += [("X-Remote-Group", group) for group in user.groups]
    if user.uid:
        headers.append(("X-Remote-Uid", user.uid))
    headers += [(f"X-Remote-Extra-{quote(key, safe='')}", value) for key, values in user.extra for value in values]
    return headers


def objects(identity: Identity, proxies: ProxySettings, client_authority_pem: str) -> list[Obj]:
    """Return what extensions read to know this server, and whom it recognises itself."""
    authorities = identity.authority_pem
    if proxies.authority_pem and proxies.authority_pem.strip() not in authorities:
        authorities += proxies.authority_pem
    names = [COMMON_NAME, *(name for name in proxies.allowed_names if name != COMMON_NAME)]
    data = {
        "requestheader-client-ca-file": authorities,
        "requestheader-allowed-names": _listed(names if proxies.allowed_names else []),
        "requestheader-username-headers": _listed(_with("X-Remote-User", proxies.username_headers)),
        "requestheader-group-headers": _listed(_with("X-Remote-Group", proxies.group_headers)),
        "requestheader-uid-headers": _listed(_with("X-Remote-Uid", proxies.uid_headers)),
        "requestheader-extra-headers-prefix": _listed(_with("X-Remote-Extra-", proxies.extra_prefixes)),
    }
    if client_authority_pem:
        data["client-ca-file"] = client_authority_pem
    metadata = {"name": CONFIG_MAP, "namespace": "kube-system"}
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}]


def _with(own: str, names: Sequence[str]) -> list[str]:
    """Return the names with the one that this server sends itself."""
    return [*names, *(() if own in names else (own,))]


def _listed(texts: Sequence[str]) -> str:
    return orjson.dumps(list(texts)).decode()
