"""Reading an AuthorizationConfiguration: who is asked, in which order.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#using-configuration-file-for-authorization
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.program import Environment, Program
from bouvier.meta.cel.types import DYN

API = "apiserver.config.k8s.io"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
TYPES = ("Node", "RBAC", "Webhook")
POLICIES = ("NoOpinion", "Deny")
_CONDITIONS = Environment({"request": DYN})
_TIMES = {"timeout": 30.0, "authorizedTTL": 300.0, "unauthorizedTTL": 30.0}
"""Defaults of the original."""


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")


@dataclass(frozen=True)
class Server:
    """A web server that is asked."""

    name: str
    file: Path
    conditions: tuple[Program, ...] = ()
    denies_on_failure: bool = False
    seconds: float = _TIMES["timeout"]
    allowed_seconds: float = _TIMES["authorizedTTL"]
    refused_seconds: float = _TIMES["unauthorizedTTL"]


Step = str | Server
"""`Node`, `RBAC`, or a server."""
DEFAULT_STEPS: tuple[Step, ...] = ("Node", "RBAC")


def parse(document: Any) -> tuple[Step, ...]:
    """Return the steps in their order.

    Raises:
        ValueError: the document cannot be used; every problem is named.

    """
    if not isinstance(document, dict) or document.get("kind") != "AuthorizationConfiguration":
        raise ValueError(f"expected kind AuthorizationConfiguration of {API}/v1")
    group, _, version = str(document.get("apiVersion", "")).partition("/")
    if group != API or version not in VERSIONS:
        raise ValueError(f"apiVersion: expected {API}/v1, not {document.get('apiVersion')}")
    entries = document.get("authorizers") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("authorizers: must be a list of objects")
    problems = list(_problems(entries))
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(_step(entry) for entry in entries)


def seconds_of(text: str) -> float:
    """Return a length of time as Go writes it, such as `1m30s`. Raises: ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _problems(entries: list[Mapping[str, Any]]) -> Iterator[str]:
    if not entries:
        yield "authorizers: Required value: at least one authorization mode must be defined"
    names = [entry.get("name") for entry in entries]
    kinds = [entry.get("type") for entry in entries]
    for number, entry in enumerate(entries):
        where, kind = f"authorizers[{number}]", entry.get("type")
        if kind not in TYPES:
            yield f'{where}.type: Unsupported value: "{kind}": supported values: {", ".join(TYPES)}'
        elif kind != "Webhook" and kinds.count(kind) > 1:
            yield f'{where}.type: Duplicate value: "{kind}"'
        if not entry.get("name"):
            yield f"{where}.name: Required value"
        elif names.count(entry["name"]) > 1:
            yield f'{where}.name: Duplicate value: "{entry["name"]}"'
        if kind == "Webhook":
            yield from _webhook_problems(entry.get("webhook") or {}, f"{where}.webhook")
        elif entry.get("webhook"):
            yield f"{where}.webhook: Forbidden: may only be specified when type=Webhook"


def _webhook_problems(webhook: Mapping[str, Any], where: str) -> Iterator[str]:
    for field in _TIMES:
        try:
            good = seconds_of(str(webhook.get(field) or "1s")) > 0
        except ValueError:
            good = False
        if not good:
            yield f"{where}.{field}: Invalid value: {webhook.get(field)}: must be a duration above zero"
    if webhook.get("failurePolicy") not in POLICIES:
        yield f"{where}.failurePolicy: Required value: one of {', '.join(POLICIES)}"
    if webhook.get("subjectAccessReviewVersion") != "v1":
        yield f"{where}.subjectAccessReviewVersion: Required value: v1"
    if webhook.get("matchConditions") and webhook.get("matchConditionSubjectAccessReviewVersion") != "v1":
        yield f"{where}.matchConditionSubjectAccessReviewVersion: Required value: v1"
    connection = webhook.get("connectionInfo") or {}
    if connection.get("type") != "KubeConfigFile":
        yield f"{where}.connectionInfo.type: Unsupported value: {connection.get('type')}: supported: KubeConfigFile"
    elif not str(connection.get("kubeConfigFile") or "").startswith("/"):
        yield f"{where}.connectionInfo.kubeConfigFile: Required value: an absolute path"
    for number, condition in enumerate(webhook.get("matchConditions") or ()):
        path = f"{where}.matchConditions[{number}].expression"
        try:
            program = _CONDITIONS.compile(str((condition or {}).get("expression") or ""))
        except CompileError as error:
            yield f"{path}: Invalid value: compilation failed: {error}"
            continue
        if program.result.kind not in ("bool", "dyn"):
            yield f"{path}: Invalid value: must evaluate to bool"


def _step(entry: Mapping[str, Any]) -> Step:
    if entry["type"] != "Webhook":
        return str(entry["type"])
    webhook = entry["webhook"]
    times = {field: seconds_of(str(webhook[field])) if webhook.get(field) else _TIMES[field] for field in _TIMES}
    return Server(
        name=entry["name"],
        file=Path(webhook["connectionInfo"]["kubeConfigFile"]),
        conditions=tuple(_CONDITIONS.compile(one["expression"]) for one in webhook.get("matchConditions") or ()),
        denies_on_failure=webhook["failurePolicy"] == "Deny",
        seconds=times["timeout"],
        allowed_seconds=times["authorizedTTL"],
        refused_seconds=times["unauthorizedTTL"],
    )
