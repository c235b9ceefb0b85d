"""What messages of Git servers mean."""

import hashlib
import hmac
import json

import pytest

from bouvier.apiserver.headers import Headers
from bouvier.apiserver.paas.hooks import Message, read
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj


def message(kind: str, body: object = None, **headers: str) -> Message:
    named = [(name.replace("_", "-").lower(), value) for name, value in headers.items()]
    return Message(kind, Headers(named), json.dumps(body).encode() if body is not None else b"", "secret")


def config(ref: str = "") -> Obj:
    return {"metadata": {"name": "shop"}, "spec": {"source": {"git": {"uri": "x"} | ({"ref": ref} if ref else {})}}}


def push(ref: str, **more: object) -> dict[str, object]:
    return {
        "ref": ref,
        "after": "c0ffee",
        "head_commit": {"id": "c0ffee", "message": "m", "author": {"name": "a"}},
    } | more


def test_a_call_without_a_body_starts_a_build() -> None:
    """curl -X POST is enough, whatever content type curl invents."""
    assert read(message("generic"), config()) is not None
    assert read(message("generic", {"a": 1}, Content_Type="application/x-www-form-urlencoded"), config()) is not None


def test_a_generic_message_may_name_commit_and_branch() -> None:
    """The commit is what is built; another branch starts nothing."""
    started = read(
        message("generic", {"git": {"ref": "main", "commit": "abc"}}, Content_Type="application/json"), config("main")
    )
    assert started is not None
    assert started["revision"]["git"]["commit"] == "abc"
    assert read(message("generic", {"git": {"ref": "dev"}}, Content_Type="application/json"), config("main")) is None


@pytest.mark.parametrize(
    ("ref", "wanted", "starts"),
    [
        ("refs/heads/main", "", True),
        ("refs/heads/master", "", True),
        ("refs/heads/dev", "", False),
        ("refs/heads/dev", "dev", True),
        ("refs/heads/main", "dev", False),
        ("refs/tags/v1", "v1", True),
    ],
)
def test_only_pushes_of_the_own_branch_count(ref: str, wanted: str, starts: bool) -> None:
    """A configuration without a branch takes the usual ones."""
    github = read(message("github", push(ref), X_GitHub_Event="push"), config(wanted))
    gitlab = read(message("gitlab", push(ref), X_Gitlab_Event="Push Hook"), config(wanted))
    assert (github is not None, gitlab is not None) == (starts, starts)


def test_the_default_branch_of_the_message_counts() -> None:
    """Whatever the branch is called, if the server says that it is the default one."""
    body = push("refs/heads/trunk", repository={"default_branch": "trunk"})
    assert read(message("github", body, X_GitHub_Event="push"), config()) is not None
    assert (
        read(message("github", push("refs/heads/trunk", deleted=True), X_GitHub_Event="push"), config("trunk")) is None
    )


def test_signatures_and_tokens_must_fit() -> None:
    """A wrong one is refused; a right one and none are taken, since the path holds the secret."""
    body = push("refs/heads/main")
    right = "sha256=" + hmac.new(b"secret", json.dumps(body).encode(), hashlib.sha256).hexdigest()
    assert read(message("github", body, X_GitHub_Event="push", X_Hub_Signature_256=right), config())
    for wrong in (
        message("github", body, X_GitHub_Event="push", X_Hub_Signature_256="sha256=00"),
        message("github", {}, X_GitHub_Event="ping", X_Hub_Signature_256="sha256=00"),
        message("gitlab", body, X_Gitlab_Event="Push Hook", X_Gitlab_Token="other"),
    ):
        with pytest.raises(ApiError, match="secret of this hook"):
            read(wrong, config())


def test_pings_start_nothing_and_other_events_are_refused() -> None:
    """What cannot be understood is said."""
    assert read(message("github", {}, X_GitHub_Event="ping"), config()) is None
    with pytest.raises(ValueError, match="push and ping"):
        read(message("github", {}, X_GitHub_Event="issues"), config())
    with pytest.raises(ValueError, match="push events"):
        read(message("gitlab", {}, X_Gitlab_Event="Note Hook"), config())
    with pytest.raises(ValueError, match="names no branch"):
        read(message("github", {}, X_GitHub_Event="push"), config())
    with pytest.raises(ValueError, match="cannot be read"):
        read(Message("github", Headers([("x-github-event", "push")]), b"{", "s"), config())
