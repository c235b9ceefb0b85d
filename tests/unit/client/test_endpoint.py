import base64
from pathlib import Path

import pytest
import yaml

from bouvier.client import Endpoint, from_kubeconfig


def write(path: Path, *, user: dict, cluster: dict | None = None, **top: object) -> Path:
    config = {
        "kind": "Config",
        "current-context": "main",
        "contexts": [
            {"name": "main", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
            {"name": "anonymous", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": "https://h:6443"} | (cluster or {})}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config | top))
    return path


def test_inline_data(tmp_path: Path) -> None:
    """Certificates given as base64 come out as PEM text."""
    encode = lambda text: base64.b64encode(text.encode()).decode()  # noqa: E731
    user = {"client-certificate-data": encode("CERT"), "client-key-data": encode("KEY")}
    cluster = {"certificate-authority-data": encode("CA"), "tls-server-name": "api"}
    endpoint = from_kubeconfig(write(tmp_path / "k", user=user, cluster=cluster))
    assert endpoint == Endpoint(
        url="https://h:6443", ca_pem="CA", cert_pem="CERT", key_pem="KEY", namespace="team", server_name="api"
    )


def test_files_beside_it(tmp_path: Path) -> None:
    """Files are found relative to the kubeconfig."""
    (tmp_path / "ca.pem").write_text("CA")
    (tmp_path / "token").write_text("T\n")
    path = write(tmp_path / "k", user={"tokenFile": "token"}, cluster={"certificate-authority": "ca.pem"})
    endpoint = from_kubeconfig(path)
    assert (endpoint.ca_pem, endpoint.token) == ("CA", "T")


def test_other_context(tmp_path: Path) -> None:
    """A context may be chosen by name; one without a user is anonymous."""
    endpoint = from_kubeconfig(
        write(tmp_path / "k", user={"token": "T"}, cluster={"insecure-skip-tls-verify": True}), "anonymous"
    )
    assert (endpoint.token, endpoint.namespace, endpoint.insecure) == ("", "default", True)


@pytest.mark.parametrize(
    ("user", "cluster", "top", "message"),
    [
        ({"exec": {"command": "aws"}}, {}, {}, r'users\["u"\]\.user\.exec is not supported'),
        ({"username": "me", "password": "x"}, {}, {}, "username is not supported"),
        ({}, {"proxy-url": "http://p"}, {}, "proxy-url is not supported"),
        ({}, {}, {"current-context": "none"}, r'context "none" does not exist \(known: main, anonymous\)'),
        ({}, {}, {"clusters": []}, r'cluster "c" does not exist \(known: none\)'),
        ({"client-certificate-data": "%%"}, {}, {}, "client-certificate-data is not base64"),
        ({"client-key": "missing.pem"}, {}, {}, r"cannot read .*missing\.pem"),
    ],
)
def test_bad_kubeconfigs_name_the_field(tmp_path: Path, user: dict, cluster: dict, top: dict, message: str) -> None:
    """What is wrong or unsupported is named with its place."""
    with pytest.raises(ValueError, match=message):
        from_kubeconfig(write(tmp_path / "k", user=user, cluster=cluster, **top))


@pytest.mark.parametrize(("text", "message"), [("a: [", "not valid YAML"), ("[]", "must be a mapping")])
def test_malformed_files(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no kubeconfig is refused with its path."""
    path = tmp_path / "k"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        from_kubeconfig(path)
    with pytest.raises(ValueError, match="No such file"):
        from_kubeconfig(tmp_path / "none")


def test_addresses() -> None:
    """Host, port, prefix and Host header follow from the URL, also for IPv6 and path prefixes."""
    endpoint = Endpoint(url="https://[::1]:6443/k/", cluster="blue")
    assert (endpoint.host, endpoint.port, endpoint.authority, endpoint.prefix) == (
        "::1",
        6443,
        "[::1]:6443",
        "/k/clusters/blue",
    )
    assert Endpoint(url="https://h").port == 443
    assert (Endpoint(unix_socket="/s", url="https://h").secure, Endpoint(url="https://h").secure) == (False, True)
