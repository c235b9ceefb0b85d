"""What the messages of Git servers mean. Pure.

A push of another branch than the configuration's starts nothing, neither does a ping. A signature or token that a
server sends must be right; a server that was given no secret sends none, and the secret in the path is enough.
Source: GitHub "Webhook events and payloads", GitLab "Webhook events", OpenShift "Using webhook triggers".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

DEFAULT_BRANCHES = ("main", "master")
"""Taken for the branch of a configuration that names none and a message that does not tell."""
CAUSES = {"generic": "Generic WebHook", "github": "GitHub WebHook", "gitlab": "GitLab WebHook"}
FIELDS = {"generic": "genericWebHook", "github": "githubWebHook", "gitlab": "gitlabWebHook"}
_HIDDEN = "<secret>"


@dataclass(frozen=True)
class Message:
    """What arrived."""

    kind: str
    headers: Mapping[str, str]
    body: bytes
    secret: str
    """The secret in the path, which was right."""


def read(message: Message, config: Obj) -> Obj | None:
    """Return the BuildRequest that a message asks for, None when it asks for nothing.

    Raises:
        ValueError: the message cannot be understood.
        ApiError: Unauthorized for a wrong signature or token.

    """
    readers = {"generic": _generic, "github": _github, "gitlab": _gitlab}
    return readers[message.kind](message, config)


def _generic(message: Message, config: Obj) -> Obj | None:
    if not message.body.strip():
        return _request(message, None)
    content_type = message.headers.get("Content-Type", "").partition(";")[0].strip()
    if content_type not in ("application/json", "application/yaml", ""):
        return _request(message, None)  # a client's own default for an empty or unread body, as OpenShift takes it
    document = _document(message.body, is_yaml=content_type == "application/yaml")
    git = document.get("git") or {}
    if git.get("ref") and not _is_our_branch(git["ref"], config):
        return None
    request = _request(message, _revision(git) if git.get("commit") else None)
    if document.get("env"):
        raise ValueError("env: environment from hooks is not there")
    return request


def _github(message: Message, config: Obj) -> Obj | None:
    event = message.headers.get("X-GitHub-Event", "") or message.headers.get("X-Gogs-Event", "")
    if event not in ("push", "ping"):
        raise ValueError(f'missing or unsupported X-GitHub-Event "{event}": this hook takes push and ping')
    _check_signature(message)
    if event == "ping":
        return None
    return _push(message, config, "head_commit")


def _gitlab(message: Message, config: Obj) -> Obj | None:
    event = message.headers.get("X-Gitlab-Event", "")
    if event not in ("Push Hook", "Tag Push Hook"):
        raise ValueError(f'missing or unsupported X-Gitlab-Event "{event}": this hook takes push events')
    token = message.headers.get("X-Gitlab-Token", "")
    if token and not hmac.compare_digest(token.encode(), message.secret.encode()):
        raise ApiError("Unauthorized", "X-Gitlab-Token is not the secret of this hook")
    return _push(message, config, "")


def _push(message: Message, config: Obj, head_field: str) -> Obj | None:
    document = _document(message.body)
    ref = str(document.get("ref") or "")
    default = str(((document.get("repository") or document.get("project")) or {}).get("default_branch") or "")
    if not ref:
        raise ValueError("ref: Required value: the message names no branch")
    if document.get("deleted") or not _is_our_branch(ref, config, default):
        return None
    commits = document.get("commits") or []
    head = document.get(head_field) if head_field else (commits[-1] if commits else None)
    head = dict(head or {})
    commit = document.get("after") or head.get("id") or document.get("checkout_sha")
    return _request(message, _revision({**head, "commit": commit}) if commit else None)


def _check_signature(message: Message) -> None:
    given = message.headers.get("X-Hub-Signature-256", "")
    if not given:
        return
    made = "sha256=" + hmac.new(message.secret.encode(), message.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), given.encode()):
        raise ApiError("Unauthorized", "X-Hub-Signature-256 does not fit the message and the secret of this hook")


def _is_our_branch(ref: str, config: Obj, default: str = "") -> bool:
    wanted = str(((config["spec"].get("source") or {}).get("git") or {}).get("ref") or "")
    branch = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    if wanted:
        return wanted.removeprefix("refs/heads/").removeprefix("refs/tags/") == branch
    return branch == default if default else branch in DEFAULT_BRANCHES


def _document(body: bytes, *, is_yaml: bool = False) -> dict[str, Any]:
    try:
        document = yaml.safe_load(body) if is_yaml else orjson.loads(body)
    except (orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"the message cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("the message is not an object")  # noqa: TRY004 - what arrived is wrong, not our types
    return document


def _revision(git: dict[str, Any]) -> dict[str, Any]:
    made = {"commit": str(git["commit"])}
    if git.get("message"):
        made["message"] = str(git["message"])
    found: dict[str, Any] = dict(made)
    for role in ("author", "committer"):
        person = git.get(role)
        if isinstance(person, dict):
            found[role] = {field: str(person[field]) for field in ("name", "email") if person.get(field)}
    return {"type": "Git", "git": found}


def _request(message: Message, revision: dict[str, Any] | None) -> Obj:
    hook: dict[str, Any] = {"secret": _HIDDEN} | ({"revision": revision} if revision else {})
    request: Obj = {"triggeredBy": [{"message": CAUSES[message.kind], FIELDS[message.kind]: hook}]}
    if revision:
        request["revision"] = revision
    return request
