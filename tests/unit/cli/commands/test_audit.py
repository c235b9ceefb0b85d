"""What `bouvier audit` and `bouvier secrets` say."""

from datetime import UTC, datetime

import pytest

from bouvier.cli.commands.audit import result_of, row_of
from bouvier.cli.commands.secrets import words_of
from bouvier.cli.errors import CommandError
from bouvier.cli.expiry import seconds_of

EVENT = {
    "verb": "delete",
    "user": {"username": "alice"},
    "impersonatedUser": {"username": "bob"},
    "objectRef": {"resource": "pods", "name": "p", "namespace": "shop", "subresource": "exec"},
    "responseStatus": {"code": 200},
    "stageTimestamp": "2026-03-01T12:00:00.000000Z",
    "annotations": {"authorization.k8s.io/reason": 'RBAC: allowed by ClusterRoleBinding "b"'},
}


def test_an_event_is_a_line():
    """Who, what, where, with what result, and why."""
    now = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    line = ("5m", "alice as bob", "delete", "pods/p/exec", "shop", "done", 'allowed by ClusterRoleBinding "b"')
    assert row_of(EVENT, now) == line


def test_a_refusal_is_named():
    """A code of refusal comes with its reason."""
    assert result_of(EVENT | {"responseStatus": {"code": 403, "reason": "Forbidden"}}) == "Forbidden (403)"
    assert result_of(EVENT | {"responseStatus": {"code": 500}}) == "failed (500)"


def test_how_far_a_rotation_is():
    """Each phase has words."""
    report = {"phase": "rewriting", "lookedAt": 3, "total": 9, "rewritten": 1, "message": ""}
    assert words_of(report) == "3 of 9 objects looked at, 1 written anew"
    assert words_of(report | {"phase": "failed", "message": "no disk"}) == "stopped: no disk"


def test_lengths_of_time():
    """A wrong one names its option."""
    assert seconds_of("2h", "--since") == 7200
    with pytest.raises(CommandError, match="--since soon"):
        seconds_of("soon", "--since")
