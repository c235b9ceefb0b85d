"""Where an API is and how to prove who asks.

An endpoint is plain data: nothing is opened here. Certificates may be given as files or as PEM text (kubeconfigs hold
the latter); text never touches the disk, see `client.http.tls`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LOCAL_CLUSTER = "local"
"""The logical cluster that is also served at the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One logical cluster of one API server, seen as one user."""

    url: str = "http://localhost"
    """`https://HOST:PORT[/prefix]`; with `unix_socket` only its host name is used."""
    unix_socket: str = ""
    """Path of a unix socket to use instead of TCP; without TLS."""
    ca_pem: str = ""
    """Certificates that sign the server's; empty trusts the system's."""
    cert_file: str = ""
    key_file: str = ""
    cert_pem: str = ""
    key_pem: str = ""
    token: str = ""
    """Bearer token."""
    token_file: str = ""
    """File of a bearer token that is renewed while the client runs."""
    impersonate: tuple[str, ...] = ()
    """User, and behind it groups, to act as; the caller must be allowed to impersonate them."""
    cluster: str = LOCAL_CLUSTER
    namespace: str = "default"
    """Namespace of a kubeconfig's context: a wish of the user, unused by the client itself."""
    server_name: str = ""
    """Name to expect in the server's certificate when it differs from the host of `url`."""
    insecure: bool = False
    """Accept any server certificate."""

    @property
    def host(self) -> str:
        """Return the host to connect to."""
        return urlsplit(self.url).hostname or "localhost"

    @property
    def port(self) -> int:
        """Return the port to connect to."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def secure(self) -> bool:
        """Tell whether TLS is spoken."""
        return not self.unix_socket and urlsplit(self.url).scheme == "https"

    @property
    def authority(self) -> str:
        """Return the value of the Host header."""
        return urlsplit(self.url).netloc.rpartition("@")[2] or "localhost"

    @property
    def prefix(self) -> str:
        """Return what every path starts with: the URL's own path and the logical cluster."""
        base = urlsplit(self.url).path.rstrip("/")
        return base if self.cluster == LOCAL_CLUSTER else f"{base}/clusters/{self.cluster}"

    def __str__(self) -> str:
        return f"unix:{self.unix_socket}{self.prefix}" if self.unix_socket else self.url.rstrip("/") + self.prefix


def from_kubeconfig(path: str | Path, context: str = "") -> Endpoint:
    """Return the endpoint that a kubeconfig file names, by its current context unless another is given.

    Raises:
        ValueError: the file is missing or malformed, or asks for something that is not supported (by name).
    """
    from bouvier.client.kubeconfig import read  # noqa: PLC0415 - YAML is loaded only by those who read kubeconfigs

    return read(Path(path), context)


POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, the API's certificate and its namespace."""


def from_environment() -> Endpoint:
    """Return the endpoint that `kubectl` would use here: `KUBECONFIG`, then a pod's own account, then `~/.kube/config`.

    Raises:
        ValueError: there is none of them, or it is malformed.
    """
    named = os.environ.get("KUBECONFIG", "")
    if named:
        return from_kubeconfig(named)
    if (POD_FOLDER / "token").is_file() and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _of_pod(POD_FOLDER)
    return from_kubeconfig(Path.home() / ".kube" / "config")


def _of_pod(folder: Path) -> Endpoint:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return Endpoint(
        url=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca_pem=(folder / "ca.crt").read_text(),
        token_file=str(folder / "token"),
        namespace=(folder / "namespace").read_text().strip(),
    )
