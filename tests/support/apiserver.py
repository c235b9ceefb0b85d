"""A real API server in the test's own process, with a store in memory or on disk."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bouvier.apiserver.audit.setup import AuditSettings
from bouvier.apiserver.authn.settings import Authentication
from bouvier.apiserver.build import ApiServer, ApiSettings
from bouvier.store.interface import Store
from bouvier.store.memory import MemoryStore
from bouvier.util.pki import Authority

COMPONENTS = {
    "controllers": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "catalog": ("system:catalog", ()),
    "hooks": ("system:hooks", ()),
    "node-n1": ("system:node:n1", ("system:nodes",)),
    "admin": ("admin", ("system:masters",)),
    "nobody": ("nobody", ()),
}


@dataclass
class RunningApi:
    """Where a test finds its API server."""

    server: ApiServer
    socket: Path
    port: int
    kubeconfig: Path
    folder: Path

    def token(self, component: str = "admin") -> str:
        return (self.folder / "tokens" / f"{component}.token").read_text().strip()

    async def kubectl(self, *arguments: str, stdin: str = "", ok: bool = True) -> str:
        """Run the real kubectl and return what it prints."""
        process = await asyncio.create_subprocess_exec(
            "kubectl",
            f"--kubeconfig={self.kubeconfig}",
            f"--cache-dir={self.folder}/kubectl-cache",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        text = output.decode()
        assert (process.returncode == 0) is ok, text
        return text


@asynccontextmanager
async def running_api(
    folder: Path,
    store: Store | None = None,
    options: Mapping[str, str | Sequence[str]] | None = None,
    audit: AuditSettings | None = None,
    encryption: Path | None = None,
    endpoint: tuple[str, int] = ("192.0.2.1", 6443),
) -> AsyncIterator[RunningApi]:
    """Start an API server with an administrator's kubeconfig."""
    authority = Authority.open(folder / "pki", "ca", "test-ca")
    certificate, key = authority.issue("apiserver", hosts=("127.0.0.1", "localhost"), server=True)
    (folder / "server.crt").write_bytes(certificate)
    (folder / "server.key").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    settings = ApiSettings(
        folder=folder,
        service_cidr="10.43.0.0/16",
        node_ports=(30000, 32767),
        kubernetes_address="10.43.0.1",
        endpoint=endpoint,
        server_address="127.0.0.1:6443",
        components=COMPONENTS,
        audit=audit or AuditSettings(log_path=folder / "audit" / "audit.log"),
        encryption_file=encryption,
        authority_pem=authority.pem.decode(),
        authentication=Authentication(options or {}),
    )
    server = ApiServer(settings, store or MemoryStore())
    context.load_verify_locations(cadata=server.proxies_authority_pem)
    try:
        port = await server.listen("127.0.0.1", 0, context, folder / "api.sock")
        await server.start()
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(authority, port)))
        yield RunningApi(server, folder / "api.sock", port, kubeconfig, folder)
    finally:
        await server.stop()


def _kubeconfig(authority: Authority, port: int) -> dict:
    certificate, key = authority.issue("admin", ("system:masters",))
    text = {
        name: base64.b64encode(pem).decode()
        for name, pem in (("ca", authority.pem), ("crt", certificate), ("key", key))
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {
                "name": "test",
                "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": text["ca"]},
            }
        ],
        "users": [{"name": "admin", "user": {"client-certificate-data": text["crt"], "client-key-data": text["key"]}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
