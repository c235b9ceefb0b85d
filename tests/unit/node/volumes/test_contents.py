"""The files of volumes made from objects."""

from __future__ import annotations

import base64

import pytest

from bouvier.meta.objects import Obj
from bouvier.node.pods.environment import ConfigError, Sources
from bouvier.node.volumes.contents import File, Inputs, TokenRequest, contents, references, token_requests
from tests.support.pods import container, pod

MAP: Obj = {"data": {"a": "1", "b": "2"}, "binaryData": {"c": base64.b64encode(b"\xff").decode()}}
SOURCES = Sources(config_maps={"m": MAP}, secrets={"s": {"data": {"k": base64.b64encode(b"v").decode()}}})
REQUEST = TokenRequest("", 3607)
INPUTS = Inputs(SOURCES, {REQUEST: "token"})


def files(volume: Obj, of: Obj | None = None) -> dict[str, File]:
    return contents({"name": "v"} | volume, of or pod(), INPUTS)


def test_all_keys() -> None:
    """Every key becomes a file with the default mode."""
    assert files({"configMap": {"name": "m", "defaultMode": 0o600}}) == {
        "a": File(b"1", 0o600),
        "b": File(b"2", 0o600),
        "c": File(b"\xff", 0o600),
    }


def test_items() -> None:
    """Named keys go to named paths; a key that is missing is an error unless it may be."""
    item = {"key": "a", "path": "x/y", "mode": 0o400}
    assert files({"configMap": {"name": "m", "items": [item]}}) == {"x/y": File(b"1", 0o400)}
    missing = {"key": "none", "path": "z"}
    with pytest.raises(ConfigError, match="non-existent key: none"):
        files({"configMap": {"name": "m", "items": [missing]}})
    assert files({"configMap": {"name": "m", "items": [missing], "optional": True}}) == {}


def test_missing_objects() -> None:
    """A missing object is an error unless it is optional."""
    with pytest.raises(ConfigError, match='secret "none" not found'):
        files({"secret": {"secretName": "none"}})
    assert files({"secret": {"secretName": "none", "optional": True}}) == {}


def test_projected() -> None:
    """Sources of all kinds are laid into one folder."""
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "m", "items": [{"key": "a", "path": "ca"}]}},
        {"secret": {"name": "s"}},
        {"downwardAPI": {"items": [{"path": "ns", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    volume = {"projected": {"sources": sources}}
    assert {path: file.data for path, file in files(volume).items()} == {
        "token": b"token",
        "ca": b"1",
        "k": b"v",
        "ns": b"ns",
    }
    assert [reference.name for reference in references(volume)] == ["m", "s"]
    assert list(token_requests(volume)) == [REQUEST]


def test_unknown_projected_sources_are_refused_by_name() -> None:
    """A source of a later Kubernetes says that it is not supported."""
    with pytest.raises(ConfigError, match="clusterTrustBundle"):
        files({"projected": {"sources": [{"clusterTrustBundle": {"path": "x"}}]}})


def test_who_may_read_a_token() -> None:
    """The only user where there is one; everybody in the container otherwise."""
    volume = {"projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3607}}]}}
    assert files(volume)["t"] == File(b"token", 0o644)
    assert files(volume, pod(securityContext={"runAsUser": 7}))["t"] == File(b"token", 0o600, 7)
    two = pod(container(securityContext={"runAsUser": 7}), container("b"))
    assert files(volume, two)["t"].mode == 0o644
    grouped = pod(securityContext={"runAsUser": 7, "fsGroup": 9})
    assert files(volume, grouped)["t"] == File(b"token", 0o600, 7), "the group gets its share where the file is written"
