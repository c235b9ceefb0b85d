"""What is passed on to another Kubernetes API, and what never is."""

import pytest

from bouvier.client.endpoint import Endpoint
from bouvier.clusters.kubernetes.upstream import Caller, Forwarded, encode, identity
from bouvier.meta.errors import ApiError

ENDPOINT = Endpoint(url="https://other:6443", token="ours")


ALICE = Caller("alice", ("dev", "system:authenticated"))


def sent(caller=ALICE, headers=(), **parts):
    request = Forwarded(parts.get("method", "GET"), parts.get("path", "/api"), "", list(headers), caller)
    return encode(ENDPOINT, request).decode()


def test_the_caller_is_named_and_our_credentials_are_used() -> None:
    """The other cluster sees who asks, on our connection."""
    text = sent()
    assert "Authorization: Bearer ours" in text
    assert "Impersonate-User: alice" in text
    assert "Impersonate-Group: dev" in text
    assert "system:authenticated" not in text


def test_what_a_client_says_of_itself_is_dropped() -> None:
    """Neither forged impersonation nor the client's own secrets reach the other cluster."""
    forged = [("impersonate-user", "root"), ("authorization", "Bearer theirs"), ("cookie", "c"), ("accept", "x/y")]
    text = sent(headers=forged)
    assert "root" not in text
    assert "theirs" not in text
    assert "cookie" not in text
    assert "accept: x/y" in text


@pytest.mark.parametrize(
    "name", ["system:node:n1", "system:serviceaccount:default:a", "system:kube-scheduler", "a\r\nX: y"]
)
def test_identities_that_mean_somebody_else_there_are_refused(name: str) -> None:
    """Hosts, service accounts and actors of this platform are nobody elsewhere; header injection is impossible."""
    with pytest.raises(ApiError) as caught:
        identity(Caller(name))
    assert caught.value.reason == "Forbidden"


def test_paths_are_encoded_again() -> None:
    """A decoded path cannot smuggle in another request line."""
    assert "GET /a%20HTTP/1.1%0D%0AX HTTP/1.1\r\n" in sent(path="/a HTTP/1.1\r\nX")
