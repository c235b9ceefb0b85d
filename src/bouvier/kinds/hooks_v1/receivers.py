"""Receiver: a secret URL; whoever calls it has one action done, with the rights of who wrote the Receiver.

The secret itself is nowhere: `spec.secretHash` is its SHA-256. `spec.author` is written by the server at every change of
the spec, so nobody can make somebody else's hook do something new with that person's rights.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.catalog_v1.schemas import ANYTHING, CONDITIONS, FLAG, NUMBER, TEXT, TEXTS, described, objects, root
from bouvier.kinds.columns import AGE, NAME, cell, number, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, invalid, required
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj, condition_of

RESOURCE = Resource("hooks.bouvier.io", "v1", "receivers", "Receiver")
SCALE, UPGRADE, INSTALL = "scale", "upgrade", "install"
ACTIONS = (INSTALL, SCALE, UPGRADE)
SCALABLE = {("apps", "Deployment"), ("apps", "StatefulSet"), ("", "ReplicationController")}
UPGRADABLE = {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")}
LEAST_REPLICAS, MOST_REPLICAS = 1, 100
"""Bounds of a scale hook that names none: it neither stops an application nor fills the hosts."""
MOST_RELEASES = 10
CALLS_PER_MINUTE = 60
MOST_CALLS_PER_MINUTE = 6000
HASH = re.compile(r"sha256:[0-9a-f]{64}")

_TARGET = objects(
    {
        "apiVersion": described(TEXT, "apps/v1 when absent."),
        "kind": described(TEXT, "Deployment, StatefulSet, DaemonSet (upgrade) or ReplicationController (scale)."),
        "name": TEXT,
    },
    "kind",
    "name",
)
_SCALE = objects(
    {
        "by": described(NUMBER, "Replicas added by a call; below zero: taken away."),
        "min": described(NUMBER, "A call that would lead below is refused; 1 when absent."),
        "max": described(NUMBER, "A call that would lead above is refused; 100 when absent."),
    },
    "by",
)
_UPGRADE = objects(
    {
        "repository": described(TEXT, "The image without tag; absent: the repositories that the containers run now."),
        "tags": described(TEXT, "Pattern of the tags that count, such as v* or release-?; absent: every tag."),
        "container": described(TEXT, "Only this container."),
    }
)
_INSTALL = objects(
    {
        "catalog": TEXT,
        "entry": TEXT,
        "version": described(TEXT, "The newest when absent."),
        "values": described(ANYTHING, "Answers by variable, or values of a chart."),
        "release": described(TEXT, "Name of the release; absent: each call makes another one."),
        "most": described(NUMBER, "Releases of this hook that may be there at once; 10 when absent."),
    },
    "catalog",
    "entry",
)
_AUTHOR = objects({"username": TEXT, "uid": TEXT, "groups": TEXTS})
_SPEC = objects(
    {
        "action": described(TEXT, "scale, upgrade or install."),
        "target": described(_TARGET, "The workload (scale, upgrade)."),
        "selector": described(ANYTHING, "In place of target: upgrade every workload with these labels."),
        "scale": _SCALE,
        "upgrade": _UPGRADE,
        "install": _INSTALL,
        "secretHash": described(TEXT, "sha256: and the SHA-256 of the URL's secret, in hex."),
        "signatureSecret": described(TEXT, "A Secret whose key `key` must have signed every call."),
        "serviceAccountName": described(TEXT, "Act as this account; absent: as the author."),
        "expires": described(TEXT, "Moment after which calls are refused, such as 2026-12-31T00:00:00Z."),
        "disabled": described(FLAG, "Refuse every call for now."),
        "callsPerMinute": described(NUMBER, "Calls beyond it are refused with 429; 60 when absent."),
        "author": described(_AUTHOR, "Who changed the spec last; written by the server."),
    },
    "action",
    "secretHash",
)
LAST_CALL = objects(
    {"call": TEXT, "time": TEXT, "result": TEXT, "message": TEXT, "delivery": TEXT, "source": TEXT}, "call"
)
_STATUS = objects(
    {
        "path": described(TEXT, "The URL's path without the secret."),
        "calls": described(NUMBER, "Calls that were carried out or refused by what they found."),
        "lastCall": LAST_CALL,
        "conditions": CONDITIONS,
    }
)


def _default(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("callsPerMinute", CALLS_PER_MINUTE)
    if isinstance(spec.get("target"), dict):
        spec["target"].setdefault("apiVersion", "apps/v1")
    if spec.get("action") == SCALE and isinstance(spec.get("scale"), dict):
        spec["scale"].setdefault("min", LEAST_REPLICAS)
        spec["scale"].setdefault("max", MOST_REPLICAS)
    if spec.get("action") == INSTALL and isinstance(spec.get("install"), dict):
        spec["install"].setdefault("most", MOST_RELEASES)


def _validate(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = list(fields.one_of("spec.action", spec.get("action"), ACTIONS))
    if not errors:
        errors = list(_action_errors(spec["action"], spec))
    return errors + list(_access_errors(spec))


def _action_errors(action: str, spec: Obj) -> Errors:
    for other in ACTIONS:
        if other != action and other in spec:
            yield forbidden_field(f"spec.{other}", f"has no meaning for the action {action}")
    if action != UPGRADE and action not in spec:
        yield required(f"spec.{action}")
        return
    if action == SCALE:
        yield from _scale_errors(spec)
    elif action == UPGRADE:
        yield from _upgrade_errors(spec)
    else:
        yield from _install_errors(spec)


def _scale_errors(spec: Obj) -> Errors:
    scale = spec["scale"]
    if not scale.get("by"):
        yield invalid("spec.scale.by", scale.get("by", 0), "must not be zero")
    yield from fields.non_negative("spec.scale.min", scale.get("min"))
    if scale.get("max", MOST_REPLICAS) < scale.get("min", LEAST_REPLICAS):
        yield invalid("spec.scale.max", scale["max"], f"must not be less than spec.scale.min ({scale.get('min')})")
    if "selector" in spec:
        yield forbidden_field("spec.selector", "a scale hook has one target")
    yield from _target_errors(spec.get("target"), SCALABLE)


def _upgrade_errors(spec: Obj) -> Errors:
    if ("target" in spec) == ("selector" in spec):
        yield invalid("spec.target", bool(spec.get("target")), "name either a target or a selector")
    if "target" in spec:
        yield from _target_errors(spec["target"], UPGRADABLE)
    if "selector" in spec:
        yield from fields.label_selector("spec.selector", spec["selector"])
        if not (spec["selector"].get("matchLabels") or spec["selector"].get("matchExpressions")):
            yield required("spec.selector", "an empty selector would upgrade everything: use matchLabels")
    repository = (spec.get("upgrade") or {}).get("repository", "")
    if "@" in repository or ":" in repository.rpartition("/")[2]:
        yield invalid("spec.upgrade.repository", repository, "must be without tag or digest")


def _install_errors(spec: Obj) -> Errors:
    for field in ("target", "selector"):
        if field in spec:
            yield forbidden_field(f"spec.{field}", "an install hook makes something new")
    for field in ("catalog", "entry"):
        if not spec["install"].get(field):
            yield required(f"spec.install.{field}")
    yield from fields.positive("spec.install.most", spec["install"].get("most"))


def _target_errors(target: Any, known: set[tuple[str, str]]) -> Errors:
    if not target:
        yield required("spec.target")
        return
    group = split_api_version(target.get("apiVersion") or "apps/v1")[0]
    if not target.get("name"):
        yield required("spec.target.name")
    if (group, target.get("kind", "")) not in known:
        choices = sorted(kind for _, kind in known)
        yield fields.unsupported("spec.target.kind", target.get("kind", ""), choices)


def _access_errors(spec: Obj) -> Errors:
    if not HASH.fullmatch(spec.get("secretHash") or ""):
        detail = "must be sha256: and the SHA-256 of the secret in hex; `bouvier hook create` draws one"
        yield invalid("spec.secretHash", spec.get("secretHash", ""), detail)
    calls = spec.get("callsPerMinute", CALLS_PER_MINUTE)
    if not 1 <= calls <= MOST_CALLS_PER_MINUTE:
        yield invalid("spec.callsPerMinute", calls, f"must be between 1 and {MOST_CALLS_PER_MINUTE}")
    yield from moment_errors("spec.expires", spec.get("expires"))


def moment_errors(path: str, moment: str | None) -> Errors:
    """Check a moment that may be absent."""
    if not moment:
        return
    try:
        has_zone = datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        yield invalid(path, moment, "must be a moment such as 2026-12-31T00:00:00Z")


def target_text(obj: Obj) -> str:
    """Return what a receiver acts upon, as a cell of a table."""
    spec = obj.get("spec") or {}
    if spec.get("target"):
        return f"{str(spec['target'].get('kind', '')).lower()}/{spec['target'].get('name', '')}"
    if spec.get("install"):
        return f"{spec['install'].get('catalog', '')}/{spec['install'].get('entry', '')}"
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "(labels)"


def _open(obj: Obj) -> str:
    return str((condition_of(obj, "Open") or {}).get("reason", "")) or str(value_at(obj, ("status", "phase")) or "")


KIND = Kind(
    resource=RESOURCE,
    singular="receiver",
    definition="",
    columns=(
        NAME,
        text("Action", "spec", "action"),
        cell("Target", target_text),
        number("Calls", "status", "calls"),
        text("Last", "status", "lastCall", "result"),
        cell("State", _open),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    has_generation=True,
    default=_default,
    validate=_validate,
    name_rule="label",
    schema=root(_SPEC, _STATUS),
)


def owner(receiver: Obj) -> dict[str, Any]:
    """Return the owner reference that calls of a receiver carry, so that they go with it."""
    metadata = receiver["metadata"]
    return {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
