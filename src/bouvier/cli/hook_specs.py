"""From the options of `bouvier hook create` to a Receiver's spec. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.cli.errors import CommandError
from bouvier.meta.objects import Obj

KINDS = {
    "deployment": ("apps/v1", "Deployment"),
    "deploy": ("apps/v1", "Deployment"),
    "statefulset": ("apps/v1", "StatefulSet"),
    "sts": ("apps/v1", "StatefulSet"),
    "daemonset": ("apps/v1", "DaemonSet"),
    "ds": ("apps/v1", "DaemonSet"),
    "replicationcontroller": ("v1", "ReplicationController"),
    "rc": ("v1", "ReplicationController"),
}


class Options(NamedTuple):
    """What was given beside the action."""

    target: str = ""
    selector: str = ""
    by: int | None = None
    least: int | None = None
    most: int | None = None
    repository: str = ""
    tags: str = ""
    container: str = ""
    version: str = ""
    release: str = ""
    values: tuple[str, ...] = ()


ALLOWED = {
    "scale": ("target", "by", "least", "most"),
    "upgrade": ("target", "selector", "repository", "tags", "container"),
    "install": ("target", "version", "release", "values", "most"),
}
FLAGS = {"least": "min", "most": "max", "values": "set"}


def spec_of(action: str, options: Options) -> Obj:
    """Return the spec, without secret and access.

    Raises:
        CommandError: an option is missing or has no meaning for the action.
    """
    for field, value in options._asdict().items():
        if value not in ("", None, ()) and field not in ALLOWED[action]:
            raise CommandError(f"--{FLAGS.get(field, field)} has no meaning for a hook that does {action}")
    if action == "scale":
        return _scale(options)
    return _upgrade(options) if action == "upgrade" else _install(options)


def _scale(options: Options) -> Obj:
    scale = {"by": 1 if options.by is None else options.by, "min": options.least, "max": options.most}
    known = {field: value for field, value in scale.items() if value is not None}
    return {"action": "scale", "target": target_of(options.target), "scale": known}


def _upgrade(options: Options) -> Obj:
    fields = {"repository": options.repository, "tags": options.tags, "container": options.container}
    spec: Obj = {"action": "upgrade", "upgrade": {field: value for field, value in fields.items() if value}}
    if options.selector:
        return spec | {
            "selector": {"matchLabels": dict(_pair(each, "--selector") for each in options.selector.split(","))}
        }
    return spec | {"target": target_of(options.target)}


def _install(options: Options) -> Obj:
    catalog, slash, entry = options.target.partition("/")
    if not slash or not catalog or not entry:
        raise CommandError(
            f"--target {options.target or '(none)'}: expected CATALOG/ENTRY", "see what there is: bouvier catalog ls"
        )
    fields: dict[str, Any] = {"catalog": catalog, "entry": entry, "version": options.version}
    fields |= {"release": options.release, "most": options.most, "values": _values(options.values)}
    return {"action": "install", "install": {field: value for field, value in fields.items() if value}}


def target_of(text: str) -> Obj:
    """Return the target of `deployment/web`; a name alone is a Deployment's.

    Raises:
        CommandError: the kind is not one that hooks know.
    """
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "deployment", text
    if not name:
        raise CommandError("a hook needs --target deployment/NAME", "see what there is: bouvier ps")
    found = KINDS.get(
        kind.lower().removesuffix(".apps").removesuffix("s") if kind.lower() not in KINDS else kind.lower()
    )
    if found is None:
        raise CommandError(f"--target {text}: hooks know {', '.join(sorted(k for k in KINDS if len(k) > 6))}")
    return {"apiVersion": found[0], "kind": found[1], "name": name}


def _values(pairs: tuple[str, ...]) -> Obj:
    """Return nested values of `a.b=c` pairs."""
    made: Obj = {}
    for text in pairs:
        key, value = _pair(text, "--set")
        *parents, last = key.split(".")
        place = made
        for field in parents:
            place = place.setdefault(field, {})
            if not isinstance(place, dict):
                raise CommandError(f"--set {text}: {field} has a value already")
        place[last] = value
    return made


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandError(f"{option} {text}: expected KEY=VALUE")
    return key, value
