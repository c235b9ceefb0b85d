"""Credentials for registries."""

import base64
import json

import pytest

from bouvier.node.images.credentials import credentials_for, registry_of

AUTH = base64.b64encode(b"me:secret").decode()


def secret(servers: dict) -> dict:
    document = json.dumps({"auths": servers}).encode()
    return {"data": {".dockerconfigjson": base64.b64encode(document).decode()}}


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx:1", "index.docker.io"),
        ("docker.io/me/x", "index.docker.io"),
        ("registry.test/x", "registry.test"),
        ("localhost:5000/x", "localhost:5000"),
    ],
)
def test_registries(image: str, registry: str) -> None:
    """The first part of a name is a registry when it looks like a host."""
    assert registry_of(image) == registry


@pytest.mark.parametrize(
    ("server", "image", "fits"),
    [
        ("registry.test", "registry.test/a/b:1", True),
        ("https://registry.test/v2/", "registry.test/a", True),
        ("*.test", "registry.test/a", True),
        ("registry.test/team", "registry.test/team/a", True),
        ("registry.test/team", "registry.test/other/a", False),
        ("https://index.docker.io/v1/", "nginx", True),
        ("registry.test", "nginx", False),
    ],
)
def test_which_fit(server: str, image: str, fits: bool) -> None:
    """Hosts, patterns and paths decide."""
    found = credentials_for(image, [secret({server: {"auth": AUTH}})])
    assert [(auth.username, auth.password) for auth in found] == ([("me", "secret")] if fits else [])


def test_a_secret_of_another_form_is_passed_over() -> None:
    """Nonsense in a secret does not keep an image from being pulled."""
    assert credentials_for("nginx", [{"data": {".dockerconfigjson": "bm9uc2Vuc2U="}}, {}]) == []
