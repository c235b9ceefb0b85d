"""Docker's refusals."""

import pytest

from bouvier.engine.docker.errors import translate
from bouvier.engine.docker.images import split_name
from bouvier.engine.errors import Conflict, EngineError, ImageMissing, InvalidConfig, NotFound


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "No such image: x:1", ImageMissing),
        (0, "manifest for x:1 not found: manifest unknown: manifest unknown", ImageMissing),
        (404, "pull access denied for x, repository does not exist", ImageMissing),
        (404, "No such container: x", NotFound),
        (409, 'Conflict. The container name "/x" is already in use', Conflict),
        (400, "invalid mount config", InvalidConfig),
        (500, "OCI runtime create failed: exec: no such file or directory", InvalidConfig),
        (500, "something else", EngineError),
    ],
)
def test_kinds(status: int, message: str, kind: type[EngineError]) -> None:
    """Status and text decide the kind; the text is kept."""
    error = translate(status, message)
    assert type(error) is kind
    assert str(error) == message


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a", "latest")),
        ("a:1", ("a", "1")),
        ("host:5000/a", ("host:5000/a", "latest")),
        ("host:5000/a:1", ("host:5000/a", "1")),
        ("a@sha256:1", ("a", "sha256:1")),
    ],
)
def test_split_name(name: str, parts: tuple[str, str]) -> None:
    """Repository and tag or digest; a port is no tag."""
    assert split_name(name) == parts
