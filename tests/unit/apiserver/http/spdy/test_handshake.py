"""Choosing a stream protocol."""

import pytest

from bouvier.apiserver.headers import Headers
from bouvier.apiserver.http.spdy.handshake import choose
from bouvier.meta.errors import ApiError

KNOWN = ("v4.channel.k8s.io", "v3.channel.k8s.io", "channel.k8s.io")


def asking(*protocols: str, upgrade: str = "SPDY/3.1") -> Headers:
    return Headers([("upgrade", upgrade), *(("x-stream-protocol-version", name) for name in protocols)])


def test_the_clients_first_choice_that_is_known() -> None:
    """Protocols may be repeated headers or a list in one."""
    assert choose(asking("v9.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"), KNOWN) == "v3.channel.k8s.io"
    assert choose(asking("v9.channel.k8s.io, v4.channel.k8s.io"), KNOWN) == "v4.channel.k8s.io"


def test_clients_that_name_none_mean_the_first_version() -> None:
    """The oldest clients know no negotiation."""
    assert choose(asking(), KNOWN) == "channel.k8s.io"


def test_nothing_in_common() -> None:
    """The refusal names both sides' protocols."""
    with pytest.raises(ApiError, match=r"client supports \[v9\], server accepts \[v4.channel.k8s.io") as refused:
        choose(asking("v9"), KNOWN)
    assert refused.value.code == 403


def test_no_upgrade() -> None:
    """Another upgrade is a bad request."""
    with pytest.raises(ApiError, match="Upgrade request required"):
        choose(asking("v4.channel.k8s.io", upgrade="h2c"), KNOWN)
