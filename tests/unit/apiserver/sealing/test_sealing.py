"""Sealing: ciphers, keys on disk, and what an EncryptionConfiguration says."""

import base64
import json
from pathlib import Path

import pytest

from bouvier.apiserver.sealing.boxes import KEY_BYTES, BrokenError, make_box
from bouvier.apiserver.sealing.configuration import parse_configuration
from bouvier.apiserver.sealing.keyring import open_ring
from bouvier.apiserver.sealing.sealer import MissingKeyError, Sealer, SealError

HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
SECRET = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()
PLACE, ELSEWHERE = "/local/core/secrets/default/a", "/local/core/secrets/default/b"
KINDS = {("", "secrets")}


def config(resources: str, *providers: str):
    lines = "".join(f"  - {provider}\n" for provider in providers)
    return parse_configuration(f"{HEAD}- resources: [{resources}]\n  providers:\n{lines}")


def keyed(provider: str, name: str = "k", secret: str = SECRET) -> str:
    return f"{provider}: {{keys: [{{name: {name}, secret: {secret}}}]}}"


@pytest.mark.parametrize("provider", sorted(KEY_BYTES))
@pytest.mark.parametrize("value", [b"", b"x", b"{}" * 1000])
def test_what_is_sealed_opens_in_its_place_only(provider: str, value: bytes):
    """A value opens under its own store key; moved, changed, cut, or with another key, it does not."""
    box = make_box(provider, "k", b"k" * 32)
    sealed = box.seal(PLACE, value)
    assert box.open(PLACE, sealed) == value
    assert box.seal(PLACE, value) != sealed
    wrong = [(ELSEWHERE, sealed), (PLACE, sealed[:-1]), (PLACE, sealed[:9]), (PLACE, b"")]
    wrong += [(PLACE, bytes([sealed[0] ^ 1]) + sealed[1:]), (PLACE, sealed[:-1] + bytes([sealed[-1] ^ 1]))]
    for place, text in wrong:
        with pytest.raises(BrokenError):
            box.open(place, text)
    with pytest.raises(BrokenError):
        make_box(provider, "k", b"o" * 32).open(PLACE, sealed)


def test_the_first_key_writes_and_all_open(tmp_path: Path):
    """After a rotation old values still open, until the old key is dropped; then the error names the key."""
    sealer = Sealer(open_ring(tmp_path), KINDS)
    before = sealer.seal(PLACE, b"v", "", "secrets")
    sealer.ring.add("second")
    again = Sealer(open_ring(tmp_path), KINDS)
    after = again.seal(PLACE, b"v", "", "secrets")
    assert again.ring.names == ["second", "1"]
    assert (again.open(PLACE, before), again.open(PLACE, after)) == (b"v", b"v")
    assert not again.is_current(before, "", "secrets")
    assert again.is_current(after, "", "secrets")
    again.ring.drop_old()
    with pytest.raises(MissingKeyError, match='"aesgcm:1", which this server does not have.*seal.keys'):
        Sealer(open_ring(tmp_path), KINDS).open(PLACE, before)
    assert oct((tmp_path / "seal.keys").stat().st_mode)[-3:] == "600"


def test_the_key_of_an_earlier_version_is_taken_over(tmp_path: Path):
    """Values of the first form open; the key has moved to the new file."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    (tmp_path / "seal.key").write_bytes(b"k" * 32)
    old = b"\x00s1" + b"n" * 12 + AESGCM(b"k" * 32).encrypt(b"n" * 12, b"v", PLACE.encode())
    sealer = Sealer(open_ring(tmp_path), KINDS)
    assert sealer.open(PLACE, old) == b"v"
    assert not (tmp_path / "seal.key").exists()
    assert sealer.ring.names == ["1"]


@pytest.mark.parametrize(
    "text", ["{", '{"keys": [{"name": "a"}]}', '{"keys": [{"name": "a:b", "secret": "a2s="}]}', '{"keys": 1}']
)
def test_a_damaged_key_file_is_named(tmp_path: Path, text: str):
    """The server says which file it cannot read."""
    (tmp_path / "seal.keys").write_text(text)
    with pytest.raises(ValueError, match="seal.keys"):
        open_ring(tmp_path)


def test_a_moved_value_is_refused_in_words(tmp_path: Path):
    """The message names the object and what may have happened."""
    sealer = Sealer(open_ring(tmp_path), KINDS)
    with pytest.raises(SealError, match="default/b does not open .* moved"):
        sealer.open(ELSEWHERE, sealer.seal(PLACE, b"v", "", "secrets"))


def test_a_configuration_decides_for_its_resources(tmp_path: Path):
    """Names and wildcards cover; the first provider writes; others are left to the platform's keys."""
    made = parse_configuration(
        f"{HEAD}- resources: [configmaps, '*.apps', widgets.example.com]\n  providers:\n  - {keyed('aescbc')}\n"
        "  - identity: {}\n- resources: [events]\n  providers: [{identity: {}}]\n"
    )
    sealer = Sealer(open_ring(tmp_path), KINDS, made)
    names = {
        resource: box.name if (box := sealer.writer(*resource)) else ""
        for resource in (
            ("", "configmaps"),
            ("apps", "deployments"),
            ("example.com", "widgets"),
            ("", "events"),
            ("", "pods"),
            ("", "secrets"),
        )
    }
    assert list(names.values()) == ["aescbc:k", "aescbc:k", "aescbc:k", "", "", "aesgcm:1"]
    assert sealer.uses_ring
    assert sealer.seal("/local/core/pods/a/b", b"{}", "", "pods") == b"{}"
    place = "/local/core/configmaps/a/b"
    assert sealer.open(place, sealer.seal(place, b"v", "", "configmaps")) == b"v"
    assert sealer.open(place, b'{"plain":1}') == b'{"plain":1}'


def test_keys_of_one_name_belong_to_their_entries(tmp_path: Path):
    """Two entries may both call a key `k`."""
    text = f"- resources: [secrets]\n  providers: [{{{keyed('aesgcm')}}}]\n"
    text += f"- resources: [configmaps]\n  providers: [{{{keyed('aesgcm', secret=OTHER)}}}]\n"
    sealer = Sealer(open_ring(tmp_path), KINDS, parse_configuration(HEAD + text))
    for plural in ("secrets", "configmaps"):
        place = f"/local/core/{plural}/a/b"
        assert sealer.open(place, sealer.seal(place, b"v", "", plural)) == b"v"
    assert not sealer.uses_ring


def test_a_platform_s_key_may_move_into_a_configuration(tmp_path: Path):
    """An entry of seal.keys is an entry of aesgcm: what it sealed opens without the ring."""
    ring = open_ring(tmp_path / "one")
    sealed = Sealer(ring, KINDS).seal(PLACE, b"v", "", "secrets")
    [key] = json.loads((tmp_path / "one" / "seal.keys").read_text())["keys"]
    made = config("secrets", keyed("aesgcm", f"'{key['name']}'", key["secret"]))
    assert Sealer(open_ring(tmp_path / "two"), KINDS, made).open(PLACE, sealed) == b"v"


@pytest.mark.parametrize(
    ("resources", "provider", "message"),
    [
        ("Secrets", "identity: {}", 'resources[0].resources[0]: Invalid value: "Secrets"'),
        ("'*'", "identity: {}", "use *.* for everything"),
        ("secrets, secrets", "identity: {}", "resources[0].resources[1]: Invalid value"),
        ("'*.', secrets", "identity: {}", "*. of an earlier entry"),
        ("pods/status", "identity: {}", "resources[0].resources[0]"),
        ("secrets", "{}", "resources[0].providers[0]: expected one of aesgcm, aescbc, secretbox and identity"),
        ("secrets", "kms: {name: a}", "resources[0].providers[0].kms: Forbidden"),
        ("secrets", "aescbc: {keys: []}", "resources[0].providers[0].aescbc.keys: Required value"),
        ("secrets", "aescbc: {keys: [{name: a}]}", "aescbc.keys[0].secret: Required value"),
        ("secrets", "aescbc: {keys: [{name: a, secret: '?'}]}", "keys[0].secret: Invalid value: not base64"),
        ("secrets", keyed("secretbox", secret="a2V5"), "keys[0].secret: Invalid value: 3 bytes, expected 32"),
        ("secrets", keyed("aesgcm", "'a:b'"), "keys[0].name: Invalid value"),
        ("secrets", "rot13: {}", "Object contains unknown field `rot13`"),
    ],
)
def test_what_is_wrong_is_named(resources: str, provider: str, message: str):
    """Every refusal names the field."""
    with pytest.raises(ValueError, match=r".") as refusal:
        config(resources, provider)
    assert message in str(refusal.value)
    assert SECRET not in str(refusal.value)
