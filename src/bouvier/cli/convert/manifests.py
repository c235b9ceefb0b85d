"""Kubernetes' objects of a run, and back.

The workload carries the command in docker's spelling as an annotation. On the way back it counts only while the
objects still say what it would make; an object that was changed since, or was made elsewhere, is refused with the place
of the first difference, because its fields may say more than a command can.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from bouvier.cli.convert.words import Asked
from bouvier.cli.docker_run.objects import objects_of
from bouvier.cli.docker_run.request import RunRequest, request_of
from bouvier.kinds.podspec.runoptions.option import Form, Place
from bouvier.kinds.podspec.runoptions.table import OPTIONS
from bouvier.meta.objects import Obj

WRITTEN = "engine.bouvier.io/docker-run"
SUFFIX = "app"
"""Completes a name that is not given: the same command always gives the same objects."""


def to_manifests(asked: Asked, environ: Mapping[str, str]) -> str:
    """Return the objects as YAML.

    Raises:
        ValueError: an option's value is not understood, or it cannot be honoured.
    """
    return as_yaml(to_objects(asked, environ))


class _Plain(yaml.SafeDumper):
    """Writes what stands in two places twice: people do not read anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the library's signature
        return True


def as_yaml(objects: Sequence[Obj]) -> str:
    """Return objects as YAML documents."""
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def to_objects(
    asked: Asked, environ: Mapping[str, str], *, namespace: str = "default", replicas: int | None = None
) -> list[Obj]:
    """Return the objects, the workload first.

    Raises:
        ValueError: an option's value is not understood, or it cannot be honoured.
    """
    request = replace(request_from(asked), namespace=namespace, replicas=replicas)
    objects = objects_of(request, SUFFIX, environ)
    written = {"image": asked.image, "command": asked.command, "options": asked.options}
    metadata = objects[0]["metadata"]
    metadata["annotations"] = {**metadata.get("annotations", {}), WRITTEN: json.dumps(written, sort_keys=True)}
    return objects


def from_manifests(text: str, environ: Mapping[str, str], check: Callable[[Asked], None] | None = None) -> Asked:
    """Return the command that made these objects; `check` may refuse it before its options are looked at.

    Raises:
        ValueError: there is none, or the objects say something else by now.
    """
    documents = [one for one in yaml.safe_load_all(text) if isinstance(one, dict)]
    workload = next((one for one in documents if one.get("kind") in ("Pod", "Deployment")), None)
    if workload is None:
        raise ValueError("kind: expected a Pod or a Deployment")
    metadata = workload.get("metadata") or {}
    written = (metadata.get("annotations") or {}).get(WRITTEN)
    if not written:
        raise ValueError(
            f"metadata.annotations[{WRITTEN}]: Required value: only objects that bouvier convert made can be read back"
        )
    asked = Asked(**json.loads(written))
    if check:
        check(asked)
    request = replace(request_from(asked), name=metadata["name"], namespace=metadata.get("namespace", "default"))
    made = objects_of(request, SUFFIX, environ)[0]
    if place := _difference(_said(made), _said(workload), ""):
        place = place.removeprefix(".")
        raise ValueError(f"{place}: changed since the command was written down; change the command instead")
    return asked


def _said(workload: dict[str, Any]) -> dict[str, Any]:
    """Return what must be as the command says; labels of others may be added."""
    annotations = (workload.get("metadata") or {}).get("annotations") or {}
    kept = {name: value for name, value in annotations.items() if name != WRITTEN}
    return {"spec": workload.get("spec"), "metadata": {"annotations": kept}}


def request_from(asked: Asked) -> RunRequest:
    """Return the run that the options ask for.

    Raises:
        ValueError: an option that cannot be honoured.
    """
    options: dict[str, Any] = {}
    for name, texts in asked.options.items():
        option = OPTIONS[name]
        if option.place is Place.REFUSED:
            raise ValueError(f"--{name} is not supported: {option.where}")
        options[option.attribute] = _typed(option.form, texts)
    return request_of(asked.image, tuple(asked.command), options)


def _typed(form: Form, texts: list[str]) -> Any:
    if form is Form.MANY:
        return tuple(texts)
    if form is Form.FLAG:
        return texts[0] == "true"
    return int(texts[0]) if form is Form.NUMBER else texts[0]


def _difference(made: Any, found: Any, place: str) -> str:
    """Return the first place where `found` says something else than `made`."""
    if isinstance(made, dict) and isinstance(found, dict):
        keys = [*made, *(key for key in found if key not in made)]
        places = (_difference(made.get(key), found.get(key), f"{place}.{key}") for key in keys)
        return next((one for one in places if one), "")
    if isinstance(made, list) and isinstance(found, list) and len(made) == len(found):
        pairs = enumerate(zip(made, found, strict=True))
        return next((one for i, (a, b) in pairs if (one := _difference(a, b, f"{place}[{i}]"))), "")
    return "" if made == found else place
