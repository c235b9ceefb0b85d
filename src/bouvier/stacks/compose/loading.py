"""From texts to one tree of services: interpolation, `extends`, overrides, profiles, files of variables.

Files that the texts name (to extend, of variables, of secrets) are taken from a mapping, so that a stack is complete in
itself. `include` is refused: several files are given as several files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bouvier.stacks.compose import envfile
from bouvier.stacks.compose.document import Document, read
from bouvier.stacks.compose.interpolation import interpolate
from bouvier.stacks.compose.merging import NOT_INHERITED, merge, merge_documents, move_places
from bouvier.stacks.errors import Ignored

SECTIONS = ("services", "volumes", "networks", "secrets", "configs")
_V1_KEYS = {"net": "network_mode", "log_driver": "logging", "log_opt": "logging"}


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that a stack is made from."""

    compose: tuple[str, ...]
    """Texts of the Compose files, later ones on top of earlier ones."""
    rancher: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Contents of the files that the texts name, by the path as written."""
    profiles: tuple[str, ...] = ()
    base_folder: str = ""
    """Folder that relative paths of mounts begin in."""


@dataclass(slots=True)
class Project:
    """The merged files, with everything resolved that depends on where they were read."""

    compose: Document
    rancher: Document
    ignored: list[Ignored] = field(default_factory=list)

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """Return the services that the profiles select, by name."""
        return self.compose.data["services"]  # type: ignore[no-any-return]

    def rancher_service(self, name: str) -> dict[str, Any]:
        """Return what rancher-compose says of a service."""
        return self.rancher.data.get("services", {}).get(name) or {}


def load(source: Source) -> Project:
    """Read all texts.

    Raises:
        StackError: a text cannot be understood; it names file, line and column.
    """
    ignored: list[Ignored] = []
    compose: Document | None = None
    for index, text in enumerate(source.compose):
        file = "docker-compose.yml" if index == 0 else f"docker-compose.yml (file {index + 1})"
        document = _extended(_opened(text, file, source, ignored), source, ignored, ())
        compose = document if compose is None else merge_documents(compose, document)
    project = Project(compose or Document({"services": {}}), _rancher(source, ignored), ignored)
    _select(project, source.profiles)
    _read_variables(project, source)
    _known_services(project)
    return project


def _opened(text: str, file: str, source: Source, ignored: list[Ignored]) -> Document:
    document = _as_services(read(text, file))
    if "include" in document.data:
        raise document.error("include", "include is not read", "give the files one after another: --file A --file B")

    def unset(name: str) -> None:
        note = Ignored(f"${name}", "the variable is not set: it stands for nothing")
        if note not in ignored:
            ignored.append(note)

    interpolate(document, source.environment, unset)
    for name, service in document.data["services"].items():
        if not isinstance(service, dict):
            raise document.error(f"services.{name}", "expected a mapping of keys")
    return document


def _as_services(document: Document) -> Document:
    """Give a file of version 1, whose services stand at its top, the form of the later ones."""
    data = document.data
    if "services" in data or "version" in data or any(key in data for key in SECTIONS):
        if not isinstance(data.setdefault("services", {}) or {}, dict):
            raise document.error("services", "expected a mapping of services")
        data["services"] = data["services"] or {}
        return document
    tops = {key: value for key, value in data.items() if key.startswith(("x-", ".", "name")) or key == "catalog"}
    services = {key: _renamed(value) for key, value in data.items() if key not in tops}
    places = {f"services.{path}" if path else "": place for path, place in document.places.items()}
    return Document({**tops, "services": services}, places)


def _renamed(service: Any) -> Any:
    if not isinstance(service, dict):
        return service
    return {_V1_KEYS.get(key, key): value for key, value in service.items()}


def _extended(document: Document, source: Source, ignored: list[Ignored], around: tuple[str, ...]) -> Document:
    services = document.data["services"]
    for name in list(services):
        services[name] = _extended_service(document, name, source, ignored, around)
    return document


def _extended_service(
    document: Document, name: str, source: Source, ignored: list[Ignored], around: tuple[str, ...]
) -> dict[str, Any]:
    service: dict[str, Any] = document.data["services"][name]
    wish = service.get("extends")
    if wish is None:
        return service
    path = f"services.{name}.extends"
    other, file = (wish, "") if isinstance(wish, str) else (wish.get("service", ""), wish.get("file", ""))
    step = f"{file}#{other}"
    if step in around:
        raise document.error(path, "circle of extensions: " + " → ".join([*around, step]))
    base_document = document
    if file:
        if file not in source.files:
            raise document.error(path, f"there is no file {file}")
        base_document = _opened(source.files[file], file, source, ignored)
    if other not in base_document.data["services"]:
        raise document.error(path, f"there is no service {other}" + (f" in {file}" if file else ""))
    base = _extended_service(base_document, other, source, ignored, (*around, step))
    inherited = {key: value for key, value in base.items() if key not in NOT_INHERITED}
    move_places(document, base_document, f"services.{other}", f"services.{name}")
    own = {key: value for key, value in service.items() if key != "extends"}
    document.data["services"][name] = merge(inherited, own)
    return document.data["services"][name]  # type: ignore[no-any-return]


def _rancher(source: Source, ignored: list[Ignored]) -> Document:
    return _opened(source.rancher, "rancher-compose.yml", source, ignored)


def _select(project: Project, profiles: tuple[str, ...]) -> None:
    services = project.services
    for name in list(services):
        wanted = services[name].pop("profiles", None)
        if wanted and "*" not in profiles and not set(wanted) & set(profiles):
            del services[name]


def _read_variables(project: Project, source: Source) -> None:
    """Turn `env_file` and bare names into plain values of `environment`."""
    for name, service in project.services.items():
        path = f"services.{name}.env_file"
        values: dict[str, Any] = {}
        given = service.pop("env_file", None) or []
        for entry in given if isinstance(given, list) else [given]:
            file, required = (entry, True) if isinstance(entry, str) else (entry["path"], entry.get("required", True))
            if file in source.files:
                values |= envfile.parse(source.files[file], file, source.environment)
            elif required:
                raise project.compose.error(path, f"there is no file {file}")
        own = service.get("environment") or {}
        values |= merge({}, own, "environment")
        for key, value in list(values.items()):
            if value is None:
                values[key] = source.environment.get(key)
        if values:
            service["environment"] = {key: value for key, value in values.items() if value is not None}


def _known_services(project: Project) -> None:
    for name in project.rancher.data["services"]:
        if name not in project.services:
            note = "docker-compose.yml has no such service (in the chosen profiles)"
            project.ignored.append(Ignored(f"rancher-compose services.{name}", note))
    if not project.services:
        raise project.compose.error("services", "there is no service", "name at least one, with an image")
