"""The rules of a FlowSchema: who, and what on which resources or paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, forbidden_field, required

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
SUBJECT_FIELDS = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
_WORDS = {
    "verbs": ("verbs must contain at least one value", "verbs"),
    "apiGroups": ("resource rules must supply at least one api group", "api groups"),
    "resources": ("resource rules must supply at least one resource", "resources"),
    "nonResourceURLs": ("nonResourceURLs must contain at least one value", "non-resource URLs"),
}


def policy_rules(path: str, rule: Mapping[str, Any]) -> Errors:
    """Check subjects and rules that belong together."""
    subjects = rule.get("subjects") or ()
    if not subjects:
        yield required(f"{path}.subjects", "subjects must contain at least one value")
    for index, subject in enumerate(subjects):
        yield from _subject(f"{path}.subjects[{index}]", subject)
    resources, urls = rule.get("resourceRules") or (), rule.get("nonResourceRules") or ()
    if not resources and not urls:
        yield required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
    for index, one in enumerate(resources):
        yield from _resource_rule(f"{path}.resourceRules[{index}]", one)
    for index, one in enumerate(urls):
        yield from _url_rule(f"{path}.nonResourceRules[{index}]", one)


def _subject(path: str, subject: Mapping[str, Any]) -> Errors:
    kind = subject.get("kind") or ""
    own = SUBJECT_FIELDS.get(kind)
    if own is None:
        yield fields.unsupported(f"{path}.kind", kind, SUBJECT_FIELDS)
        return
    value = subject.get(own)
    if value is None:
        yield required(f"{path}.{own}", f"{own} is required when subject kind is '{kind}'")
    elif own == "serviceAccount":
        yield from _account(f"{path}.{own}", value)
    elif not value.get("name"):
        yield required(f"{path}.{own}.name")
    for other in ("serviceAccount", "user", "group"):
        if other != own and subject.get(other) is not None:
            needed = other[0].upper() + other[1:]
            yield forbidden_field(f"{path}.{other}", f"{other} is forbidden when subject kind is not '{needed}'")


def _account(path: str, account: Mapping[str, Any]) -> Errors:
    name, namespace = account.get("name") or "", account.get("namespace") or ""
    if name != "*":
        yield from fields.named(f"{path}.name", name, names.subdomain)
    if not namespace:
        yield required(f"{path}.namespace", "must specify namespace for service account")
    else:
        yield from fields.each(f"{path}.namespace", namespace, names.label)


def _resource_rule(path: str, rule: Mapping[str, Any]) -> Errors:
    yield from _verbs(path, rule)
    yield from _choice(path, rule, "apiGroups")
    yield from _choice(path, rule, "resources")
    namespaces = rule.get("namespaces") or ()
    where = f"{path}.namespaces"
    if not namespaces and not rule.get("clusterScope"):
        yield required(where, "resource rules that are not cluster scoped must supply at least one namespace")
    elif "*" in namespaces:
        yield from _alone(where, namespaces, "namespaces")
    else:
        for index, namespace in enumerate(namespaces):
            for message in names.label(namespace):
                detail = f"each member of this list must be '*' or a DNS-1123 label; {message}"
                yield fields.invalid(f"{where}[{index}]", namespace, detail)


def _url_rule(path: str, rule: Mapping[str, Any]) -> Errors:
    yield from _verbs(path, rule)
    yield from _choice(path, rule, "nonResourceURLs")
    urls = rule.get("nonResourceURLs") or ()
    if "*" in urls:
        return
    for index, url in enumerate(urls):
        detail = _wrong_url(url)
        if detail:
            yield fields.invalid(f"{path}.nonResourceURLs[{index}]", url, detail)


def _verbs(path: str, rule: Mapping[str, Any]) -> Errors:
    yield from _choice(path, rule, "verbs")
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and not set(verbs) <= set(VERBS):
        listed = ", ".join(f'"{verb}"' for verb in VERBS)
        message = f"Unsupported value: {show(verbs)}: supported values: {listed}"
        yield FieldError("FieldValueNotSupported", f"{path}.verbs", message)


def _choice(path: str, rule: Mapping[str, Any], field: str) -> Errors:
    """Check a list that must not be empty, and in which `*` stands alone."""
    values = rule.get(field) or ()
    absent, noun = _WORDS[field]
    if not values:
        yield required(f"{path}.{field}", absent)
    elif "*" in values:
        yield from _alone(f"{path}.{field}", values, noun)


def _alone(path: str, values: Sequence[str], noun: str) -> Errors:
    if len(values) > 1:
        yield fields.invalid(path, list(values), f"if '*' is present, must not specify other {noun}")


def _wrong_url(url: str) -> str:
    """Return what is wrong with a path of a rule."""
    if not url:
        return "must not be empty"
    if url == "/":
        return ""
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    wild = url.count("*")
    return "wildcard can only do suffix matching" if wild > 1 or (wild and not url.endswith("/*")) else ""
