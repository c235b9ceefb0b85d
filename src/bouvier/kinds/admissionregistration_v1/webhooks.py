"""Defaults and validation that both kinds of webhook configurations share.

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.admissionregistration_v1.conditions import check_conditions
from bouvier.kinds.admissionregistration_v1.expressions import WEBHOOK_SCOPE
from bouvier.kinds.admissionregistration_v1.matching import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    REINVOCATIONS,
    check_rule,
    default_rules,
)
from bouvier.kinds.clientconfig import check_client_config, default_client_config
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj

_VERSIONS = ("v1",)
"""Versions of AdmissionReview that are sent."""
_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_LONGEST_TIMEOUT = 30


def default(obj: Obj) -> None:
    """Fill what a webhook configuration leaves out."""
    for webhook in obj.get("webhooks") or ():
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        if obj.get("kind") == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        default_rules(webhook.get("rules") or ())
        default_client_config(webhook.get("clientConfig") or {})


def validate(obj: Obj) -> list[FieldError]:
    """Check every webhook."""
    return list(_errors(obj.get("webhooks") or []))


def _errors(webhooks: list[Obj]) -> Errors:
    for index, webhook in enumerate(webhooks):
        yield from _webhook(f"webhooks[{index}]", webhook)
    yield from fields.unique("webhooks", [webhook.get("name") for webhook in webhooks], "name")


def _webhook(path: str, webhook: Mapping[str, Any]) -> Errors:
    yield from _name(f"{path}.name", webhook.get("name") or "")
    for index, rule in enumerate(webhook.get("rules") or ()):
        yield from check_rule(f"{path}.rules[{index}]", rule)
    yield from fields.optional_one_of(f"{path}.failurePolicy", webhook.get("failurePolicy"), FAILURE_POLICIES)
    yield from fields.optional_one_of(f"{path}.matchPolicy", webhook.get("matchPolicy"), MATCH_POLICIES)
    yield from fields.optional_one_of(f"{path}.reinvocationPolicy", webhook.get("reinvocationPolicy"), REINVOCATIONS)
    yield from fields.one_of(f"{path}.sideEffects", webhook.get("sideEffects"), _SIDE_EFFECTS)
    timeout = webhook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= _LONGEST_TIMEOUT:
        detail = "the timeout value must be between 1 and 30 seconds"
        yield fields.invalid(f"{path}.timeoutSeconds", timeout, detail)
    for field in ("namespaceSelector", "objectSelector"):
        yield from fields.label_selector(f"{path}.{field}", webhook.get(field))
    yield from _versions(f"{path}.admissionReviewVersions", webhook.get("admissionReviewVersions") or [])
    yield from check_client_config(f"{path}.clientConfig", webhook.get("clientConfig") or {})
    yield from check_conditions(f"{path}.matchConditions", webhook.get("matchConditions") or [], WEBHOOK_SCOPE)


def _name(path: str, name: str) -> Errors:
    if not name:
        yield required(path)
        return
    yield from fields.each(path, name, names.subdomain)
    if name.count(".") < 2:
        yield fields.invalid(path, name, "should be a domain with at least three segments separated by dots")


def _versions(path: str, versions: list[str]) -> Errors:
    if not versions:
        yield required(path, "must specify one of v1, v1beta1")
    elif not set(versions) & set(_VERSIONS):
        yield fields.invalid(path, versions, "must include at least one of v1")
