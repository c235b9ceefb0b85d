"""Reading the files of a stack from a folder, and keeping of the environment only what they use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bouvier.cli.errors import CommandError
from bouvier.meta.objects import Obj
from bouvier.stacks.build import StackPlan, plan_of, stack_object
from bouvier.stacks.builds import ServiceBuild, override_of, wanted_builds
from bouvier.stacks.compose import envfile
from bouvier.stacks.compose.document import read
from bouvier.stacks.compose.loading import Source, load
from bouvier.stacks.compose.values import dns_label

COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = {
    "compose.yaml": "compose.override.yaml",
    "compose.yml": "compose.override.yml",
    "docker-compose.yml": "docker-compose.override.yml",
    "docker-compose.yaml": "docker-compose.override.yaml",
}
RANCHER_NAMES = ("rancher-compose.yml", "rancher-compose.yaml")
LONGEST_NAME = 40


class Used(dict[str, str]):
    """Values that remember which of them were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value and remember that it was asked for."""
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def used(self) -> dict[str, str]:
        """Return what was asked for and is there."""
        return {key: value for key, value in self.items() if key in self.asked}


class Files(dict[str, str]):
    """The files beside the Compose file, read when they are named."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __contains__(self, path: object) -> bool:
        if not super().__contains__(path):
            file = self._folder / str(path)
            if not file.is_file():
                return False
            self[str(path)] = _read(file)
        return True


class ReadStack(NamedTuple):
    """What files ask for."""

    stack: Obj
    plan: StackPlan
    builds: list[ServiceBuild]
    """Images that are to be made first; until then a name stands in for each."""


def read_stack(
    name: str,
    namespace: str,
    given: Sequence[str],
    env_files: Sequence[str],
    profiles: Sequence[str],
    *,
    images: Mapping[str, str] | None = None,
) -> ReadStack:
    """Return the Stack that the files make, and what it asks for; `images` are those that were built, by service.

    Raises:
        CommandError: there are no files.
        StackError: they are not understood.
    """
    compose, rancher = _chosen([Path(one) for one in given])
    folder = compose[0].resolve().parent
    environment, files = Used(_environment(folder, env_files)), Files(folder)
    texts, rancher_text = [_read(one) for one in compose], _read(rancher) if rancher else ""
    own_name = name or str(read(texts[0], compose[0].name).data.get("name") or "") or folder.name
    label = dns_label(own_name)[:LONGEST_NAME].rstrip("-")
    if not label:
        raise CommandError(f"{own_name} is no name for a stack", "name it: --name NAME")
    source = Source((*texts,), rancher_text, environment, files, (*profiles,), str(folder))
    builds = wanted_builds(label, load(source), folder)
    if builds:
        texts.append(yaml.safe_dump(override_of(images or {one.service: f"{one.name}:latest" for one in builds})))
        source = replace(source, compose=(*texts,))
    plan = plan_of(label, source)
    built = {f"services.{one.service}.build" for one in builds}
    plan = replace(plan, ignored=[one for one in plan.ignored if one.path not in built])
    stack = stack_object(
        label,
        namespace or label,
        texts[0],
        rancher_text,
        environment.used(),
        overrides=tuple(texts[1:]),
        files=files,
        profiles=tuple(profiles),
        base_folder=str(folder),
    )
    return ReadStack(stack, plan, builds)


def _chosen(given: list[Path]) -> tuple[list[Path], Path | None]:
    compose = [path for path in given if not path.name.startswith("rancher-compose")]
    rancher = next((path for path in given if path.name.startswith("rancher-compose")), None)
    if not compose:
        folder = rancher.parent if rancher else Path()
        first = next((folder / one for one in COMPOSE_NAMES if (folder / one).is_file()), None)
        if first is None:
            raise CommandError(f"there is no {COMPOSE_NAMES[2]} in {folder.resolve()}", "name it: --file FILE")
        override = folder / OVERRIDES[first.name]
        compose = [first, override] if override.is_file() else [first]
    if rancher is None:
        beside = (compose[0].parent / one for one in RANCHER_NAMES)
        rancher = next((path for path in beside if path.is_file()), None)
    return compose, rancher


def _environment(folder: Path, env_files: Sequence[str]) -> dict[str, str]:
    """Return the caller's variables on top of those of the files (`.env` where none is named)."""
    paths = [Path(one) for one in env_files] or [path for path in (folder / ".env",) if path.is_file()]
    values: dict[str, str] = {}
    for path in paths:
        values |= envfile.parse(_read(path), str(path), os.environ)
    return values | dict(os.environ)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CommandError(f"there is no file {path}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8 text") from None
