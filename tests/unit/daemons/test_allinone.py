"""What is checked before a platform starts."""

import socket
from pathlib import Path

import pytest

from bouvier.daemons.allinone import await_port, check_wishes, take_lock
from bouvier.daemons.settings import Options, read_platform
from bouvier.util.places import Places


def test_a_refused_option_is_not_remembered(tmp_path: Path) -> None:
    """After a start with a wrong engine the next one without it is a first start."""
    with pytest.raises(ValueError, match="no Docker Engine answers"):
        check_wishes(Places(tmp_path), Options(port=1, engine=f"unix://{tmp_path}/none.sock"))

    assert read_platform(Places(tmp_path)) is None


def test_a_taken_port_is_named() -> None:
    """What listens already is not waited for without end."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=f"port {port} is in use"):
            await_port(port, wait_seconds=0)


def test_a_data_directory_has_one_supervisor(tmp_path: Path) -> None:
    """The lock names its owner, for whoever meets it."""
    take_lock(Places(tmp_path))

    assert Places(tmp_path).supervisor_lock.read_text().strip().isdigit()


def test_options_of_the_api_that_cannot_be_used_are_not_remembered(tmp_path: Path) -> None:
    """A file that is not there, or an issuer without a client: the start says so and nothing is kept."""
    wrong = (
        ({"oidc-issuer-url": ["https://x.example"]}, "must be given together"),
        ({"authentication-config": [f"{tmp_path}/none.yaml"]}, "No such file"),
        ({"authorization-config": [f"{tmp_path}/none.yaml"]}, "--authorization-config"),
        ({"admission-control-config-file": [f"{tmp_path}/none.yaml"]}, "No such file"),
        ({"authentication-token-webhook-config-file": [f"{tmp_path}/none.yaml"]}, "none.yaml"),
        ({"requestheader-client-ca-file": [f"{tmp_path}/none.crt"]}, "--requestheader-client-ca-file"),
    )
    for options, words in wrong:
        with pytest.raises(ValueError, match=words):
            check_wishes(Places(tmp_path), Options(port=1, api_options=options))

    assert read_platform(Places(tmp_path)) is None
