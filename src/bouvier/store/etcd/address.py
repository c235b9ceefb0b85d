"""Where an etcd cluster is: one URL that names its members, its certificates and the keys that are ours.

etcd://10.0.0.1:2379,10.0.0.2:2379/bouvier
etcds://10.0.0.1:2379/bouvier?ca=/etc/etcd/ca.crt&cert=/etc/etcd/client.crt&key=/etc/etcd/client.key
etcds://db1,db2,db3/bouvier?ca=/etc/etcd/ca.crt&user=bouvier&password-file=/etc/bouvier/etcd.password
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DEFAULT_PORT = 2379
DEFAULT_ROOT = "bouvier"
_FILES = ("ca", "cert", "key")
_KNOWN = (*_FILES, "user", "password-file")


@dataclass(frozen=True, slots=True)
class EtcdAddress:
    """Members as `host:port`, the first part of every key, files in PEM form, and who we are by password."""

    members: tuple[str, ...]
    root: str
    secure: bool
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str = ""
    password_file: Path | None = None

    def read_password(self) -> str:
        """Return the password; it is read each time, so that it may be changed while servers run."""
        return self.password_file.read_text().strip() if self.password_file else ""


def parse_address(url: str) -> EtcdAddress:
    """Return what a store URL says.

    Raises:
        ValueError: it names no member, an unknown parameter, or files without TLS; the message says what to write.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("etcd", "etcds"):
        raise ValueError(f"--store {url}: write etcd://HOST:PORT[,HOST:PORT…][/ROOT], or etcds:// for TLS")
    if "@" in parts.netloc:
        raise ValueError("--store: a URL is seen by everybody on the machine; write ?user=NAME&password-file=FILE")
    members = tuple(_member(url, member) for member in parts.netloc.split(",") if member)
    if not members:
        raise ValueError(f"--store {url}: names no member; write etcd://HOST:PORT")
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    files = {name: value for name, value in given.items() if name in _FILES}
    unknown = sorted(given.keys() - set(_KNOWN))
    if unknown:
        raise ValueError(f"--store {url}: {unknown[0]} is not known; known are {', '.join(_KNOWN)}")
    if ("user" in given) != ("password-file" in given):
        raise ValueError(f"--store {url}: user and password-file belong together")
    if files and parts.scheme == "etcd":
        raise ValueError(f"--store {url}: certificates are for TLS; write etcds://")
    if ("cert" in files) != ("key" in files):
        raise ValueError(f"--store {url}: cert and key belong together")
    paths = {name: Path(path) for name, path in files.items()}
    password = Path(given["password-file"]) if "password-file" in given else None
    root = parts.path.strip("/") or DEFAULT_ROOT
    user = given.get("user", "")
    return EtcdAddress(members, root, parts.scheme == "etcds", **paths, user=user, password_file=password)


def _member(url: str, member: str) -> str:
    host, colon, port = member.rpartition(":")
    if not colon or port.endswith("]"):
        return f"{member}:{DEFAULT_PORT}"
    if not port.isdigit() or not host:
        raise ValueError(f"--store {url}: {member} is not HOST:PORT")
    return member
