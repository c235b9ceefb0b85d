"""An audit Policy (`audit.k8s.io/v1`): reading a file, and naming every field that is wrong.

Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Policy
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bouvier.meta.errors import FieldError, invalid, not_supported, required

API_VERSION = "audit.k8s.io/v1"
LEVELS = ("None", "Metadata", "Request", "RequestResponse")
RECEIVED, STARTED, COMPLETE, PANIC = STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


class GroupResources(msgspec.Struct, forbid_unknown_fields=True, rename="camel", frozen=True):
    """Resources of one API group."""

    group: str = ""
    resources: tuple[str, ...] = ()
    """`pods`, `pods/log`, `pods/*`, `*/scale` or `*`; none means all of the group."""
    resource_names: tuple[str, ...] = ()


class Rule(msgspec.Struct, forbid_unknown_fields=True, rename="camel", frozen=True):
    """Which requests a rule is about, and how much of them is recorded."""

    level: str = ""
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[GroupResources, ...] = ()
    namespaces: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(name="nonResourceURLs", default=())
    omit_stages: tuple[str, ...] = ()
    omit_managed_fields: bool | None = None


class _Document(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    metadata: dict[str, Any] = {}
    rules: tuple[Rule, ...] = ()
    omit_stages: tuple[str, ...] = ()
    omit_managed_fields: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in order: the first that is about a request decides."""

    rules: tuple[Rule, ...]
    omit_stages: tuple[str, ...] = ()
    omit_managed_fields: bool = False


def read_policy(path: Path) -> Policy:
    """Return the policy of a file.

    Raises:
        ValueError: the file cannot be read, or is no policy; names file and field.

    """
    try:
        return parse_policy(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def parse_policy(text: bytes | str) -> Policy:
    """Return the policy that YAML or JSON describes.

    Raises:
        ValueError: it is none; names the field.

    """
    try:
        document = msgspec.convert(yaml.load(text, Loader=yaml.CSafeLoader), type=_Document)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from None
    except msgspec.ValidationError as error:
        raise ValueError(_readable(str(error))) from None
    if (document.api_version, document.kind) != (API_VERSION, "Policy"):
        raise ValueError(f"expected apiVersion {API_VERSION} and kind Policy")
    errors = list(_errors(document))
    if errors:
        raise ValueError("; ".join(map(str, errors)))
    return Policy(document.rules, document.omit_stages, document.omit_managed_fields)


def _readable(message: str) -> str:
    """Return a decoding error with its path in front."""
    text, _, path = message.partition(" - at `$")
    return f"{path.rstrip('`').lstrip('.')}: {text}" if path.strip("`") else text


def _errors(document: _Document) -> Iterator[FieldError]:
    if not document.rules:
        yield required("rules", "a policy without rules records nothing")
    yield from _stages(document.omit_stages, "omitStages")
    for number, rule in enumerate(document.rules):
        yield from _rule_errors(rule, f"rules[{number}]")


def _rule_errors(rule: Rule, path: str) -> Iterator[FieldError]:
    if not rule.level:
        yield required(f"{path}.level")
    elif rule.level not in LEVELS:
        yield not_supported(f"{path}.level", rule.level, list(LEVELS))
    if rule.non_resource_urls and (rule.resources or rule.namespaces):
        shown = ", ".join(rule.non_resource_urls)
        message = "rules cannot apply to both regular resources and non-resource URLs"
        yield invalid(f"{path}.nonResourceURLs", shown, message)
    for number, url in enumerate(rule.non_resource_urls):
        yield from _url_errors(url, f"{path}.nonResourceURLs[{number}]")
    for number, resources in enumerate(rule.resources):
        yield from _resource_errors(resources, f"{path}.resources[{number}]")
    yield from _stages(rule.omit_stages, f"{path}.omitStages")


def _url_errors(url: str, path: str) -> Iterator[FieldError]:
    if url == "*":
        return
    if not url.startswith("/"):
        yield invalid(path, url, "non-resource URL rules must begin with a '/' character")
    if "*" in url[:-1]:
        yield invalid(path, url, "non-resource URL wildcards '*' must be the final character of the rule")


def _resource_errors(resources: GroupResources, path: str) -> Iterator[FieldError]:
    if resources.group and not _SUBDOMAIN.fullmatch(resources.group):
        yield invalid(
            f"{path}.group", resources.group, "must be a lowercase DNS subdomain, or empty for the core group"
        )
    if resources.resource_names and not resources.resources:
        shown = ", ".join(resources.resource_names)
        yield invalid(f"{path}.resourceNames", shown, "using resourceNames requires at least one resource")


def _stages(stages: tuple[str, ...], path: str) -> Iterator[FieldError]:
    for number, stage in enumerate(stages):
        if stage not in STAGES:
            yield not_supported(f"{path}[{number}]", stage, list(STAGES))
