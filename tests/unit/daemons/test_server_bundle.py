import base64
from pathlib import Path

import pytest

from bouvier.daemons.server_bundle import Bundle, decode, pack, unpack
from bouvier.daemons.settings import Platform


def platform(**more: object) -> Platform:
    facts = {"id": "a1b2c3", "pod_cidr": "10.42.0.0/16", "service_cidr": "10.43.0.0/16", "node_port_range": "1-2"}
    return Platform(**({"port": 6443, "http_port": 80, "https_port": 443} | facts | more))


def keys(folder: Path) -> Path:
    pki = folder / "pki"
    shared = ("ca.crt", "ca.key", "seal.key", "sa.key", "front-proxy/front-proxy-ca.key", "later/new.key")
    own = (
        "apiserver.key",
        "admin.crt",
        "tokens/node.token",
        "front-proxy/front-proxy-client.key",
        "registry-tokens.crt",
    )
    for name in (*shared, *own):
        (pki / name).parent.mkdir(parents=True, exist_ok=True)
        (pki / name).write_text(name)
    return pki


def test_what_is_shared_arrives_and_what_is_own_stays(tmp_path: Path) -> None:
    """All keys travel but a server's own certificates and tokens; so do facts, and ports stay the new server's own."""
    bundle = pack(keys(tmp_path), platform(store="etcd://db:2379/farm", overlay="ipsec", address="10.0.0.1"))
    new = tmp_path / "new"
    joined = unpack(bundle, new, platform(id="", port=7443, pod_cidr="", address="10.0.0.2"))
    found = {str(path.relative_to(new)) for path in new.rglob("*") if path.is_file()}
    assert found == {"ca.crt", "ca.key", "seal.key", "sa.key", "front-proxy/front-proxy-ca.key", "later/new.key"}
    assert (new / "seal.key").stat().st_mode & 0o777 == 0o600
    assert joined == platform(port=7443, overlay="ipsec", store="etcd://db:2379/farm", address="10.0.0.2")


def test_the_files_of_etcd_come_along(tmp_path: Path) -> None:
    """Certificates and password for etcd lie in the new server's folder, and its URL names them there."""
    for name in ("c", "p"):
        (tmp_path / name).write_text(f"secret {name}")
    store = f"etcds://db:2379/farm?ca={tmp_path}/c&user=me&password-file={tmp_path}/p"
    new = tmp_path / "new"
    joined = unpack(pack(keys(tmp_path), platform(store=store)), new, platform())
    assert joined.store.startswith("etcds://db:2379/farm?ca=")
    assert f"ca={new}/etcd/ca.pem" in joined.store.replace("%2F", "/")
    assert (new / "etcd" / "password-file.pem").read_text() == "secret p"
    named = unpack(pack(keys(tmp_path), platform(store=store)), new, platform(), "etcd://elsewhere")
    assert named.store == "etcd://elsewhere"


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "tokens/node.token", "admin.key"])
def test_nothing_else_is_written(tmp_path: Path, name: str) -> None:
    """A server cannot make the new one write outside of its key folder, nor over its own certificates."""
    bundle = Bundle({"id": "x"}, "etcd://a", {name: base64.b64encode(b"x").decode()})
    with pytest.raises(ValueError, match="not a shared key"):
        unpack(bundle, tmp_path / "pki", platform())
    assert not (tmp_path / "outside").exists()


def test_answers_of_other_versions_are_refused() -> None:
    """Unknown or missing fields are named."""
    with pytest.raises(ValueError, match="another version"):
        decode({"facts": {}, "store": ""})
