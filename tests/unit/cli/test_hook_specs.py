"""From options of `bouvier hook` and `bouvier key` to objects."""

from datetime import UTC, datetime

import pytest

from bouvier.cli.commands.key import rules_of
from bouvier.cli.errors import CommandError
from bouvier.cli.expiry import moment_after
from bouvier.cli.hook_specs import Options, spec_of, target_of
from bouvier.kinds.hooks_v1.receivers import KIND

HASH = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("scale", Options(target="deployment/web", by=-2, least=0, most=5)),
        ("scale", Options(target="web")),
        ("upgrade", Options(target="ds/agent", tags="v*", container="main")),
        ("upgrade", Options(selector="app=web,tier=front", repository="team/web")),
        ("install", Options(target="library/redis", release="cache", values=("a.b=1", "a.c=2"), most=3)),
    ],
)
def test_what_the_command_makes_the_api_takes(action: str, options: Options) -> None:
    """Every form leads to a Receiver without an error."""
    obj = {"metadata": {"name": "h"}, "spec": spec_of(action, options) | {"secretHash": HASH}}
    KIND.default(obj)
    assert KIND.validate(obj) == []


def test_answers_are_nested() -> None:
    """A dot in an answer's name leads inwards."""
    spec = spec_of("install", Options(target="library/redis", values=("a.b=1", "a.c=2", "d=x=y")))
    assert spec["install"]["values"] == {"a": {"b": "1", "c": "2"}, "d": "x=y"}


@pytest.mark.parametrize(
    ("action", "options", "message"),
    [
        ("scale", Options(), "a hook needs --target deployment/NAME"),
        ("scale", Options(target="cronjob/x"), "hooks know"),
        ("scale", Options(target="web", tags="v*"), "--tags has no meaning for a hook that does scale"),
        ("upgrade", Options(target="web", most=3), "--max has no meaning for a hook that does upgrade"),
        ("upgrade", Options(selector="web"), "expected KEY=VALUE"),
        ("install", Options(target="redis"), "expected CATALOG/ENTRY"),
        ("install", Options(target="a/b", values=("a=1", "a.b=2")), "has a value already"),
    ],
)
def test_what_makes_no_sense_is_named(action: str, options: Options, message: str) -> None:
    """An option that is missing, wrong or of another action is named."""
    with pytest.raises(CommandError, match=message.replace("(", r"\(")):
        spec_of(action, options)


@pytest.mark.parametrize("text", ["deployment/web", "deployments/web", "deploy/web", "Deployment/web", "web"])
def test_targets_are_named_as_kubectl_names_them(text: str) -> None:
    """Singular, plural, short, or the name alone."""
    assert target_of(text) == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def test_rules_know_their_groups() -> None:
    """Resources without a group get the one that they are known by."""
    assert rules_of("get, list", "pods,deployments,widgets.example.com,pods/log", "") == [
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
        {"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["get", "list"]},
    ]
    with pytest.raises(CommandError, match="belong together"):
        rules_of("get", "", "")
    with pytest.raises(CommandError, match="either --role"):
        rules_of("get", "pods", "edit")


def test_times_to_live() -> None:
    """A number and a unit; anything else is refused with the form."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_after("36h", "--expires", now) == "2026-01-02T12:00:00Z"
    assert moment_after("", "--expires", now) == ""
    for text in ("soon", "0d", "-1d", "5", "99999999d"):
        with pytest.raises(CommandError, match="such as 30d"):
            moment_after(text, "--expires", now)
