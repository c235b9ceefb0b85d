"""What senders say of a push: Docker Hub, registries' notifications, and a plain form of ours. Pure.

- Docker Hub: `{"push_data": {"tag", "pushed_at"}, "repository": {"repo_name"}}`
- Docker Registry (distribution) notifications: `{"events": [{"id", "action", "target": {"repository", "tag", "digest"}}]}`
- generic: `{"image": "web:1.2"}`, or `{"image": "web", "tag": "1.2", "digest": "sha256:…"}`

Source: https://docs.docker.com/docker-hub/repos/manage/webhooks/, https://distribution.github.io/distribution/about/notifications/.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bouvier.hooks.images import parse as parse_image

FORMS = (
    'send {"image": "NAME:TAG"}, a notification of Docker Hub ({"push_data": …, "repository": …}) or of a Docker '
    'registry ({"events": […]})'
)
MOST_PUSHES = 100
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha(256|512):[0-9a-f]{64,128}")
_REPOSITORY = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]{0,254}")


class Push(NamedTuple):
    """One image that was pushed."""

    repository: str
    tag: str
    digest: str = ""


class Payload(NamedTuple):
    """What a call says."""

    pushes: list[Push]
    delivery: str = ""
    """An id that follows from the content, empty when it holds none."""


def parse(document: Any) -> Payload:
    """Return what a call says of pushes; notifications of pulls and the like hold none.

    Raises:
        ValueError: with the way out, for a document of no known form.
    """
    if not isinstance(document, dict):
        raise ValueError(f"the body is not a JSON object: {FORMS}")  # noqa: TRY004 (bad input)
    if "push_data" in document:
        return _of_hub(document)
    if "events" in document:
        return _of_registry(document)
    if "image" in document:
        return _generic(document)
    raise ValueError(f"the body says nothing of an image: {FORMS}")


def _of_hub(document: dict[str, Any]) -> Payload:
    pushed, repository = document["push_data"], document.get("repository")
    if not isinstance(pushed, dict) or not isinstance(repository, dict):
        raise ValueError("push_data and repository must be objects, as Docker Hub sends them")  # noqa: TRY004
    push = _checked(repository.get("repo_name"), pushed.get("tag") or "latest", "", "repository.repo_name")
    at = pushed.get("pushed_at")
    return Payload([push], f"hub:{push.repository}:{push.tag}:{at}" if at else "")


def _of_registry(document: dict[str, Any]) -> Payload:
    events = document["events"]
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError("events must be a list of objects, as a Docker registry sends them")
    wanted = [event for event in events if event.get("action") == "push" and _target(event).get("tag")]
    if len(wanted) > MOST_PUSHES:
        raise ValueError(f"events holds more than {MOST_PUSHES} pushes")
    pushes = [_of_event(event) for event in wanted]
    ids = [str(event["id"]) for event in wanted if event.get("id")]
    return Payload(pushes, "registry:" + ",".join(ids) if ids and len(ids) == len(wanted) else "")


def _target(event: dict[str, Any]) -> dict[str, Any]:
    target = event.get("target")
    return target if isinstance(target, dict) else {}


def _of_event(event: dict[str, Any]) -> Push:
    target, request = _target(event), event.get("request")
    host = request.get("host", "") if isinstance(request, dict) else ""
    name = f"{host}/{target.get('repository')}" if host else target.get("repository")
    return _checked(name, target.get("tag"), target.get("digest") or "", "events[].target")


def _generic(document: dict[str, Any]) -> Payload:
    if not isinstance(document["image"], str):
        raise ValueError('image must be text such as "web:1.2"')  # noqa: TRY004 (bad input)
    image = parse_image(document["image"])
    tag = document.get("tag") or image.tag or "latest"
    return Payload([_checked(image.repository, tag, document.get("digest") or image.digest, "image")])


def _checked(repository: Any, tag: Any, digest: Any, where: str) -> Push:
    for value, form, what in ((repository, _REPOSITORY, "repository"), (tag, _TAG, "tag"), (digest, _DIGEST, "digest")):
        if value == "" and what == "digest":
            continue
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError(f"{where}: {value!r} is not the {what} of an image")
    return Push(repository, tag, digest)
