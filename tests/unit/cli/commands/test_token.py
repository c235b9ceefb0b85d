"""Join tokens."""

import base64
import re

import pytest

from bouvier.cli.commands.token import draw, seconds_of, secret_of
from bouvier.cli.errors import CommandError


def test_times() -> None:
    """Hours, days and minutes are understood, anything else is refused by example."""
    assert [seconds_of(text) for text in ("30m", "24h", "7d")] == [1800, 86400, 604800]
    for text in ("", "h", "0h", "1.5h", "12"):
        with pytest.raises(CommandError, match="24h"):
            seconds_of(text)


def test_the_form_is_kubernetes_own() -> None:
    """The Secret is a bootstrap token as kubeadm makes it; one for many hosts says so."""
    secret = secret_of(draw(6), draw(16), "2026-01-01T00:00:00Z", "", many=True)
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert secret["type"] == "bootstrap.kubernetes.io/token"
    assert secret["metadata"]["name"] == f"bootstrap-token-{data['token-id']}"
    assert re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", f"{data['token-id']}.{data['token-secret']}")
    assert data["usage-bootstrap-many"] == "true"
