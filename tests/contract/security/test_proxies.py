"""Client certificates, trusted proxies with names in headers, and who may pose as whom."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from bouvier.client import Client
from bouvier.meta.resources import CONFIGMAPS
from bouvier.util.pki import Authority
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi, running_api

Clients = Callable[..., Client]
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
BODY = orjson.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})


async def whoami(
    api: RunningApi, certificate: tuple[bytes, bytes] | None, **headers: str | list[str]
) -> tuple[int, Any]:
    """Ask over TLS with a client certificate and any headers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate is not None:
        both = api.folder / "client.pem"
        both.write_bytes(certificate[0] + certificate[1])
        context.load_cert_chain(both)
    lines = [f"POST {WHOAMI} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(BODY)}"]
    lines.append("Content-Type: application/json")
    for name, values in headers.items():
        texts = values if isinstance(values, list) else [values]
        lines += [f"{name.replace('_', '-')}: {text}" for text in texts]
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port, ssl=context)
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + BODY)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return 0, None
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head:
        return 0, None
    status = int(head.split()[1])
    return status, orjson.loads(body)["status"]["userInfo"] if status == 201 else None


def proxy_certificate(folder: Path, name: str = "front-proxy-client") -> tuple[bytes, bytes]:
    return Authority.open(folder / "front-proxy", "front-proxy-ca", "front-proxy-ca").issue(name)


async def test_a_trusted_proxy_names_the_user(api: RunningApi) -> None:
    """User, groups, uid and extras are those of the headers; the certificate itself is nobody."""
    certificate = proxy_certificate(api.folder)
    status, found = await whoami(
        api,
        certificate,
        X_Remote_User="jane",
        X_Remote_Group=["devs", "ops"],
        X_Remote_Uid="7",
        **{"X-Remote-Extra-Acme.com%2Fproject": ["a", "b"]},
    )
    assert status == 201
    assert found == {
        "username": "jane",
        "uid": "7",
        "groups": ["devs", "ops", "system:authenticated"],
        "extra": {"acme.com/project": ["a", "b"]},
    }
    assert (await whoami(api, certificate))[0] == 401


async def test_nobody_else_is_a_proxy(api: RunningApi, tmp_path: Path) -> None:
    """Users' certificates, other names, other authorities of the same name and no certificate do not make a proxy."""
    users = Authority.open(api.folder / "pki", "ca", "test-ca")
    status, found = await whoami(api, users.issue("front-proxy-client"), X_Remote_User="admin")
    assert (status, found["username"]) == (201, "front-proxy-client")
    assert (await whoami(api, proxy_certificate(api.folder, "somebody"), X_Remote_User="admin"))[0] == 401
    assert (await whoami(api, None, X_Remote_User="admin"))[0] == 401
    forged = Authority.open(tmp_path / "forged", "ca", "front-proxy-ca")
    assert (await whoami(api, forged.issue("front-proxy-client"), X_Remote_User="admin"))[0] in (0, 401)
    foreign = Authority.open(tmp_path / "foreign", "ca", "test-ca")
    assert (await whoami(api, foreign.issue("admin", ("system:masters",))))[0] in (0, 401)


async def test_server_certificates_are_no_proof_of_a_user(api: RunningApi) -> None:
    """A certificate for serving, of the right authority, does not let its holder in."""
    users = Authority.open(api.folder / "pki", "ca", "test-ca")
    serving = users.issue("admin", ("system:masters",), ("127.0.0.1",), server=True)
    assert (await whoami(api, serving))[0] in (0, 401)
    assert (await whoami(api, users.issue("admin", ("system:masters",))))[0] == 201


async def test_the_certificate_is_named(api: RunningApi) -> None:
    """Which certificate was used can be told from the user's extras."""
    users = Authority.open(api.folder / "pki", "ca", "test-ca")
    _, found = await whoami(api, users.issue("jane", ("devs",)))
    assert found["groups"] == ["devs", "system:authenticated"]
    (mark,) = found["extra"]["authentication.kubernetes.io/credential-id"]
    assert mark.startswith("X509SHA256=")


async def test_proxies_of_another_authority(tmp_path: Path) -> None:
    """The named authority's proxies are believed, with the headers that the options name; extensions are told."""
    folder = tmp_path / "api"
    folder.mkdir()
    authority = Authority.open(tmp_path / "corporate", "ca", "corporate")
    options = {
        "requestheader-client-ca-file": str(tmp_path / "corporate" / "ca.crt"),
        "requestheader-allowed-names": "gate,door",
        "requestheader-username-headers": "X-User",
    }
    async with running_api(folder, options=options) as api:
        status, found = await whoami(api, authority.issue("gate"), X_User="jane", X_Remote_User="admin")
        assert (status, found["username"]) == (201, "jane")
        assert (await whoami(api, authority.issue("window"), X_User="jane"))[0] == 401
        assert (await whoami(api, proxy_certificate(folder), X_User="jane"))[0] in (0, 401)
        config = await api.kubectl("get", "-n", "kube-system", "cm", "extension-apiserver-authentication", "-o", "yaml")
    for text in ("client-ca-file", "X-User", "X-Remote-User", "gate", "front-proxy-client"):
        assert text in config


async def test_what_extensions_read_is_kept_true(tmp_path: Path) -> None:
    """A changed entry is right again after the next start; what others added stays."""
    async with running_api(tmp_path) as api:
        data = {"data": {"requestheader-client-ca-file": "x", "own": "y"}}
        text = orjson.dumps(data).decode()
        name = ("cm", "extension-apiserver-authentication")
        await api.kubectl("patch", "-n", "kube-system", *name, "--type=merge", "-p", text)
        await api.server._fill("local")
        shown = await api.kubectl("get", "-n", "kube-system", *name, "-o", "yaml")
    assert "BEGIN CERTIFICATE" in shown
    assert 'own: "y"' in shown


async def test_impersonation_takes_each_permission(client: Client, api: RunningApi, client_of: Clients) -> None:
    """User, group, uid and every extra are asked for one by one; a group alone is refused."""

    async def grant(**rules: list[str]) -> None:
        kinds = {"users": "", "groups": "", "serviceaccounts": "", "uids": "authentication.k8s.io"}
        made = [
            {
                "verbs": ["impersonate"],
                "apiGroups": [kinds.get(resource, "authentication.k8s.io")],
                "resources": [resource.replace("_", "/")],
                "resourceNames": names,
            }
            for resource, names in rules.items()
        ]
        body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pose"}}
        await api.kubectl("delete", "clusterrole/pose", "--ignore-not-found")
        await client.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", body=body | {"rules": made})

    await api.kubectl("create", "clusterrolebinding", "pose", "--clusterrole=pose", "--user=front")
    users = Authority.open(api.folder / "pki", "ca", "test-ca")
    front = users.issue("front")

    async def pose(**headers: str | list[str]) -> int:
        return (await whoami(api, front, **headers))[0]

    await grant(users=["jane"])
    assert await pose(Impersonate_User="jane") == 201
    assert await pose(Impersonate_User="joe") == 403
    assert await pose(Impersonate_User="jane", Impersonate_Group="system:masters") == 403
    assert await pose(Impersonate_User="jane", Impersonate_Uid="1") == 403
    assert await pose(Impersonate_User="jane", Impersonate_Extra_Scope="a") == 403
    assert await pose(Impersonate_User="system:serviceaccount:kube-system:x") == 403
    assert await pose(Impersonate_Group="devs") == 500
    assert await pose(Impersonate_Uid="1") == 500
    await grant(users=["jane"], groups=["devs"], uids=["1"], userextras_scope=["a", "b"])
    status, found = await whoami(
        api,
        front,
        Impersonate_User="jane",
        Impersonate_Group="devs",
        Impersonate_Uid="1",
        Impersonate_Extra_Scope=["a", "b"],
    )
    assert (status, found["extra"], found["uid"]) == (201, {"scope": ["a", "b"]}, "1")
    assert found["groups"] == ["devs", "system:authenticated"]
    assert await pose(Impersonate_User="jane", Impersonate_Extra_Scope=["a", "c"]) == 403
    assert await pose(Impersonate_User="jane", Impersonate_Group=["devs", "system:masters"]) == 403


async def test_anonymous_sees_health_only(api: RunningApi) -> None:
    """Without any proof there is health and nothing else."""
    for path, expected in (
        ("/healthz", b"200"),
        ("/livez", b"200"),
        ("/readyz", b"200"),
        ("/version", b"401"),
        ("/api", b"401"),
    ):
        reader, writer = await asyncio.open_unix_connection(str(api.socket))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert (await reader.read()).split()[1] == expected, path
        writer.close()


async def test_the_config_map_needs_rights(client_of: Clients) -> None:
    """Not everybody reads how extensions know this server."""
    error = await refused(client_of("nobody").get(CONFIGMAPS, "extension-apiserver-authentication", "kube-system"))
    assert error.code == 403
