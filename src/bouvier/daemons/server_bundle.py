"""What a server gives to one that joins: the keys that must be the same everywhere, and the platform's facts. Pure but
for files.

Keys that a later version adds are given along without a change here: everything in the key folder goes that is not a
server's own.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from bouvier.daemons.settings import Platform
from bouvier.util.pki import write_private

OWN_FILES = ("apiserver.", "admin.", "node.", "registry-tokens.", "front-proxy-client.", "overlay")
"""Beginnings of the names of certificates and keys that each server has for itself."""
OWN_FOLDERS = ("tokens",)
"""Tokens of the platform's own processes, which speak with the server beside them."""
ETCD_FOLDER = "etcd"
_STORE_FILES = ("ca", "cert", "key", "password-file")
_SHARED_FACTS = ("id", "pod_cidr", "service_cidr", "node_port_range", "overlay", "domain")


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a server that joins. Files are base64, by their path below the key folder."""

    facts: dict[str, str]
    store: str
    files: dict[str, str]


def pack(pki: Path, platform: Platform) -> Bundle:
    """Return the bundle of a platform."""
    files = {
        str(path.relative_to(pki)): path.read_bytes()
        for path in sorted(pki.rglob("*"))
        if path.is_file() and not is_own(path.relative_to(pki))
    }
    store, store_files = _pack_store(platform.store)
    encoded = {name: base64.b64encode(content).decode() for name, content in (files | store_files).items()}
    return Bundle({field: str(getattr(platform, field)) for field in _SHARED_FACTS}, store, encoded)


def is_own(path: Path) -> bool:
    """Tell whether a file of the key folder is one server's alone."""
    return path.parts[0] in OWN_FOLDERS or path.name.startswith(OWN_FILES) or path.suffix in {".sock", ".new"}


def _pack_store(url: str) -> tuple[str, dict[str, bytes]]:
    """Return the URL of etcd with its files named as they will lie in the key folder, and their contents."""
    parts = urlsplit(url)
    query, files = [], {}
    for name, value in parse_qsl(parts.query):
        if name in _STORE_FILES:
            place = f"{ETCD_FOLDER}/{name}.pem"
            files[place] = Path(value).read_bytes()
            query.append((name, place))
        else:
            query.append((name, value))
    return urlunsplit(parts._replace(query=urlencode(query, safe="/"))), files


def unpack(bundle: Bundle, pki: Path, own: Platform, store: str = "") -> Platform:
    """Write the keys and return the platform as this server is to know it; `store` replaces the bundle's URL.

    Raises:
        ValueError: a file would lie outside of the key folder.
    """
    for name, content in bundle.files.items():
        place = pki / name
        if not place.resolve().is_relative_to(pki.resolve()) or is_own(Path(name)):
            raise ValueError(f"the server sent a file that is not a shared key: {name}")
        write_private(place, base64.b64decode(content))
    return msgspec.structs.replace(own, **bundle.facts, store=store or _local_store(bundle.store, pki))


def _local_store(url: str, pki: Path) -> str:
    """Return the URL with the files in the key folder."""
    parts = urlsplit(url)
    query = [(name, str(pki / value) if name in _STORE_FILES else value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode(query, safe="/")))


def decode(document: Any) -> Bundle:
    """Return the bundle in an answer.

    Raises:
        ValueError: it has another form: the server runs another version.
    """
    try:
        return msgspec.convert(document, Bundle)
    except msgspec.ValidationError as error:
        raise ValueError(f"the server answers in another form ({error}): it runs another version") from None
