"""Asking a web server whether somebody may, and remembering its answers.

Decisions are made without waiting: a question that has no answer yet is raised as `UndecidedError`, its asker waits for
the answer and begins again.

Source: https://kubernetes.io/docs/reference/access-authn-authz/webhook/
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bouvier.apiserver.authz.configuration import Server
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.request import User
from bouvier.apiserver.webhook_file import WebhookClient, WebhookError
from bouvier.meta.cel.errors import CostLimitError, EvaluationError
from bouvier.meta.errors import ApiError

log = structlog.get_logger(__name__)
REMEMBERED = 10_000
FAILED_SECONDS = 2.0
"""How long a failed question is not asked again: what waits for it is decided by the failure policy meanwhile."""
Question = tuple[str, User, Attributes]


class UndecidedError(Exception):
    """The decision needs an answer from elsewhere; `answer` waits for it."""

    def __init__(self, answer: Callable[[], Awaitable[None]]) -> None:
        super().__init__("a web server has to be asked")
        self.answer = answer


MOST_QUESTIONS = 100
"""Questions to web servers for one request: one each for most, some more for roles and impersonation."""


async def decided(work: Callable[[], None]) -> None:
    """Do what needs decisions, again and again until every question is answered."""
    for _ in range(MOST_QUESTIONS):
        try:
            return work()
        except UndecidedError as undecided:
            await undecided.answer()
    raise unanswered()


def unanswered() -> ApiError:
    """Return the error for a request that raises ever more questions."""
    return ApiError("InternalError", "whether this is allowed could not be found out in time")


class WebhookAuthorizer:
    """One server and its answers."""

    def __init__(self, server: Server) -> None:
        """Read the server's file. Raises: ValueError."""
        self._server = server
        self._client = WebhookClient(server.file, seconds=server.seconds)
        self._answers: dict[Question, tuple[float, bool | None]] = {}

    def decide(self, cluster: str, user: User, wanted: Attributes) -> bool | None:
        """Return the server's decision, None when it has no opinion or is not asked about such requests.

        Raises:
            UndecidedError: it has to be asked first.

        """
        question = cluster, user, wanted
        until, answer = self._answers.get(question, (0.0, None))
        if time.monotonic() < until:
            return answer
        spec = spec_of(user, wanted)
        try:
            concerned = all(program.evaluate({"request": spec})[0] is True for program in self._server.conditions)
        except (EvaluationError, CostLimitError) as error:
            log.warning("a match condition failed", authorizer=self._server.name, error=str(error))
            return False if self._server.denies_on_failure else None
        if not concerned:
            return None

        async def ask() -> None:
            await self._ask(question, spec)

        raise UndecidedError(ask)

    async def _ask(self, question: Question, spec: dict[str, Any]) -> None:
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        try:
            status = (await self._client.ask(review)).get("status") or {}
        except WebhookError as error:
            log.warning("an authorization webhook does not answer", authorizer=self._server.name, error=str(error))
            status, seconds = {"denied": self._server.denies_on_failure}, FAILED_SECONDS
        else:
            seconds = self._server.allowed_seconds if _opinion(status) else self._server.refused_seconds
        if len(self._answers) >= REMEMBERED:
            self._answers.clear()
        self._answers[question] = (time.monotonic() + seconds, _opinion(status))


def _opinion(status: dict[str, Any]) -> bool | None:
    """Return what a server has said: yes, no for good, or nothing."""
    if status.get("allowed") is True:
        return True
    return False if status.get("denied") is True else None


def spec_of(user: User, wanted: Attributes) -> dict[str, Any]:
    """Return a request as the spec of a SubjectAccessReview."""
    spec: dict[str, Any] = {"user": user.name, "groups": list(user.groups)}
    if user.uid:
        spec["uid"] = user.uid
    if user.extra:
        spec["extra"] = {key: list(values) for key, values in user.extra}
    if not wanted.resource:
        return spec | {"nonResourceAttributes": {"path": wanted.path, "verb": wanted.verb}}
    plural, _, subresource = wanted.resource.partition("/")
    given = {
        "namespace": wanted.namespace,
        "verb": wanted.verb,
        "group": wanted.group,
        "version": "*",
        "resource": plural,
        "subresource": subresource,
        "name": wanted.name,
    }
    attributes: dict[str, Any] = {key: value for key, value in given.items() if value}
    for name, text in (("fieldSelector", wanted.field_selector), ("labelSelector", wanted.label_selector)):
        if text:
            attributes[name] = {"rawSelector": text}
    return spec | {"resourceAttributes": attributes}
