"""Admission webhooks: servers that are shown a write and may change or refuse it.

Mutating webhooks are asked one after the other, in order of configuration and name; validating ones all at once.

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.extension.attributes import Attributes
from bouvier.apiserver.extension.calling import Caller, CallError
from bouvier.apiserver.extension.changing import take_over
from bouvier.apiserver.extension.configured import GROUP, Configured
from bouvier.apiserver.extension.expressions import Conditions, bindings_of
from bouvier.apiserver.extension.matching import Match
from bouvier.kinds.admissionregistration_v1.expressions import WEBHOOK_SCOPE
from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.patches.json import json_patch
from bouvier.util.uids import new_uid

log = structlog.get_logger(__name__)
EXEMPT = frozenset({(GROUP, "validatingwebhookconfigurations"), (GROUP, "mutatingwebhookconfigurations")})
"""No webhook may stop those who want to remove it."""
REVIEW = "admission.k8s.io/v1"
LONGEST_WARNINGS = 4096
"""Characters of all warnings of an answer. Source: Kubernetes' truncation of warning headers."""


@dataclass(frozen=True)
class Webhook:
    """A webhook, compiled."""

    name: str
    configuration: str
    given: Obj
    match: Match
    conditions: Conditions
    is_mutating: bool

    @property
    def is_strict(self) -> bool:
        """Tell whether a write is refused when the webhook cannot be asked."""
        return self.given.get("failurePolicy") != "Ignore"

    @property
    def seconds(self) -> float:
        """How long an answer may take."""
        return float(self.given.get("timeoutSeconds") or 10)

    @property
    def is_again(self) -> bool:
        """Tell whether the webhook wants to see later changes."""
        return self.given.get("reinvocationPolicy") == "IfNeeded"


def compile_webhooks(configurations: list[Obj]) -> list[Webhook]:
    """Compile the webhooks of every configuration."""
    return [
        Webhook(
            one["name"],
            name_of(configuration),
            one,
            Match(one, rules="rules"),
            Conditions.of(one.get("matchConditions") or [], WEBHOOK_SCOPE),
            configuration["kind"] == "MutatingWebhookConfiguration",
        )
        for configuration in configurations
        for one in configuration.get("webhooks") or ()
    ]


class Webhooks:
    """Asks the webhooks of a cluster about its writes."""

    def __init__(self, hub: CacheHub) -> None:
        self._mutating = Configured(hub, ("mutatingwebhookconfigurations",), compile_webhooks)
        self._validating = Configured(hub, ("validatingwebhookconfigurations",), compile_webhooks)
        self.caller: Caller | None = None
        """Set by the wiring, once there is a context to call from."""

    def may_mutate(self, cluster: str) -> bool:
        """Tell whether a cluster has mutating webhooks."""
        return bool(self._mutating.of(cluster))

    async def mutate(self, operation: Operation, *, again: bool = False) -> bool:
        """Let the mutating webhooks change a write; tell whether one did.

        `again` is for the second round, for those that want to see what was changed after they were asked.

        Raises:
            ApiError: a webhook refused, or could not be asked.

        """
        webhooks = self._mutating.of(operation.call.cluster)
        if not webhooks or operation.resource in EXEMPT:
            return False
        is_changed = False
        for number, webhook in enumerate(webhooks):
            key = (webhook.configuration, webhook.name)
            if again and (not webhook.is_again or operation.asked.get(key, operation.changes) == operation.changes):
                continue
            shown = await _shown_to(webhook, Attributes.of(operation))
            if shown is not None:
                response = await self._ask(webhook, shown)
                is_changed |= response is not None and await _changed(webhook, shown, response, number)
                operation.asked[key] = operation.changes
        return is_changed

    async def admit(self, operation: Operation) -> None:
        """Let the validating webhooks judge a write.

        Raises:
            ApiError: a webhook refused, or could not be asked.

        """
        webhooks = self._validating.of(operation.call.cluster)
        if not webhooks or operation.resource in EXEMPT:
            return
        attributes = Attributes.of(operation)
        asked = []
        for webhook in webhooks:
            shown = await _shown_to(webhook, attributes)
            if shown is not None:
                asked.append((webhook, shown))
        if len(asked) == 1:
            await self._ask(*asked[0])
        elif asked:
            outcomes = await asyncio.gather(*(self._ask(*one) for one in asked), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome

    async def _ask(self, webhook: Webhook, attributes: Attributes) -> Obj | None:
        """Return the response of a webhook, None when it could not be asked and does not insist."""
        if attributes.operation.dry_run and webhook.given.get("sideEffects") not in ("None", "NoneOnDryRun"):
            raise ApiError("BadRequest", f'admission webhook "{webhook.name}" does not support dry run')
        assert self.caller is not None
        uid = new_uid()
        request = {**attributes.request(uid), "object": attributes.obj, "oldObject": attributes.old}
        review = {"kind": "AdmissionReview", "apiVersion": REVIEW, "request": request}
        try:
            place = self.caller.place_of(attributes.call.cluster, webhook.given["clientConfig"])
            answer = await self.caller.post(place, review, webhook.seconds)
            response = _response(answer, uid)
        except CallError as error:
            _unanswered(webhook, attributes, str(error))
            return None
        _note(webhook, attributes, response)
        if not response["allowed"]:
            raise _denied(webhook, response.get("status") or {})
        return response


async def _shown_to(webhook: Webhook, attributes: Attributes) -> Attributes | None:
    """Return the write as the webhook is shown it, None when it is not about it."""
    view = webhook.match.view_of(attributes)
    if view is None:
        return None
    shown = await attributes.seen_as(view)
    if not webhook.conditions.expressions:
        return shown
    try:
        return shown if webhook.conditions.hold(bindings_of(shown)) else None
    except EvaluationError as error:
        if webhook.is_strict:
            raise ApiError("Forbidden", f'admission webhook "{webhook.name}": match conditions: {error}') from None
        return None


def _response(answer: Any, uid: str) -> Obj:
    """Return the response out of an AdmissionReview. Raises: CallError for anything else."""
    if not isinstance(answer, dict) or (answer.get("kind"), answer.get("apiVersion")) != ("AdmissionReview", REVIEW):
        shown = answer if not isinstance(answer, dict) else f"{answer.get('apiVersion')}, Kind={answer.get('kind')}"
        raise CallError(f"expected webhook response of {REVIEW}, Kind=AdmissionReview, got {shown}")
    response = answer.get("response")
    if not isinstance(response, dict) or not isinstance(response.get("allowed"), bool):
        raise CallError("webhook response was absent")
    if response.get("uid") != uid:
        raise CallError(f'expected response.uid="{uid}", got "{response.get("uid")}"')
    found: Obj = response
    return found


def _unanswered(webhook: Webhook, attributes: Attributes, why: str) -> None:
    detail = f'failed calling webhook "{webhook.name}": failed to call webhook: {why}'
    if webhook.is_strict:
        raise ApiError("InternalError", f"Internal error occurred: {detail}", details={"causes": [{"message": detail}]})
    key = "failed-open.mutation" if webhook.is_mutating else "failed-open.validating"
    attributes.call.request.annotate(f"{key}.webhook.admission.k8s.io/round_0", webhook.name)
    log.warning("webhook was not asked", webhook=webhook.name, why=why)


def _note(webhook: Webhook, attributes: Attributes, response: Obj) -> None:
    """Keep what a webhook says to the caller and to the audit log."""
    request = attributes.call.request
    for warning in response.get("warnings") or ():
        if isinstance(warning, str) and sum(map(len, request.warnings)) < LONGEST_WARNINGS:
            request.warnings.append(warning)
    for key, value in (response.get("auditAnnotations") or {}).items():
        request.annotate(f"{webhook.name}/{key}", str(value))


def _denied(webhook: Webhook, status: Obj) -> ApiError:
    refused = f'admission webhook "{webhook.name}" denied the request'
    message, reason = status.get("message") or "", status.get("reason") or ""
    text = f"{refused}: {message or reason}" if message or reason else f"{refused} without explanation"
    code = status.get("code") or 0
    details = status.get("details") if isinstance(status.get("details"), dict) else None
    return ApiError(reason, text, code=code if isinstance(code, int) and code >= 400 else 400, details=details)


async def _changed(webhook: Webhook, attributes: Attributes, response: Obj, number: int) -> bool:
    """Apply the patch of a response; tell whether it changed the object."""
    patch, before = response.get("patch"), attributes.obj
    is_changed = False
    if patch and before is not None:
        if response.get("patchType") != "JSONPatch":
            _unanswered(webhook, attributes, f"unsupported patchType {response.get('patchType')}")
            return False
        try:
            after = json_patch(before, orjson.loads(base64.b64decode(patch)))
            is_changed = await take_over(attributes, before, after)
        except (ValueError, binascii.Error) as error:
            _unanswered(webhook, attributes, f"the patch cannot be read: {error}")
        except ApiError as error:
            _unanswered(webhook, attributes, error.message)
    note = {"configuration": webhook.configuration, "webhook": webhook.name, "mutated": is_changed}
    key = f"mutation.webhook.admission.k8s.io/round_0_index_{number}"
    attributes.call.request.annotate(key, orjson.dumps(note).decode())
    return is_changed
