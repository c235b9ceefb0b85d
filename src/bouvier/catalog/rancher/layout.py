"""A folder in Rancher's catalog layout into entries.

`templates/NAME/config.yml`, a `catalogIcon-*`, a README, and a folder for each version: 0, 1, 2, …, newer higher, with
docker-compose.yml (or .tpl) and rancher-compose.yml. Entries that are malformed are left out and named.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path
from typing import Any

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.entries import (
    COMPOSE,
    ICON_BYTES,
    README_CHARACTERS,
    CatalogError,
    Entry,
    EntryVersion,
    Package,
)
from bouvier.catalog.questions import QuestionError, read_questions
from bouvier.catalog.versions import parse_range

TEMPLATES = "templates"
_SUFFIX = "-templates"
NOT_INSTALLABLE = ("project-templates", "machine-templates")
"""Templates of environments and of machines: they are no applications."""
COMPOSE_NAMES = ("docker-compose.yml", "docker-compose.yml.tpl", "docker-compose.yaml", "compose.yml", "compose.yaml")
RANCHER_NAMES = ("rancher-compose.yml", "rancher-compose.yml.tpl", "rancher-compose.yaml")
MOST_FILE_BYTES = 1024 * 1024
_TEMPLATE_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def is_layout(folder: Path) -> bool:
    """Tell whether a folder is a catalog in this layout."""
    return any(path.is_dir() for path in (folder / TEMPLATES, *folder.glob(f"*{_SUFFIX}")))


def read_catalog(folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of a catalog, and a line for each that cannot be used."""
    entries: list[Entry] = []
    problems: list[str] = []
    for base in sorted([folder / TEMPLATES, *folder.glob(f"*{_SUFFIX}")]):
        if not base.is_dir() or base.name in NOT_INSTALLABLE:
            continue
        prefix = "" if base.name == TEMPLATES else base.name.removesuffix(_SUFFIX) + "-"
        for path in sorted(base.iterdir()):
            if not path.is_dir() or path.name.startswith("."):
                continue
            try:
                entries.append(_entry(folder, path, prefix + path.name))
            except (CatalogError, YamlError, QuestionError, OSError, UnicodeDecodeError) as error:
                problems.append(f"{path.relative_to(folder)}: {error}")
    return entries, problems


def _entry(root: Path, path: Path, name: str) -> Entry:
    config_file = path / "config.yml"
    config = _mapping(config_file) if config_file.is_file() else {}
    versions = [_version(root, one, config) for one in _version_folders(path)]
    if not versions:
        raise CatalogError("there is no folder of a version (0, 1, 2, …) with a docker-compose.yml")
    return Entry(
        name=name,
        format=COMPOSE,
        title=str(config.get("name") or name),
        description=str(config.get("description") or ""),
        category=str(config.get("category") or ""),
        maintainer=str(config.get("maintainer") or ""),
        license=str(config.get("license") or ""),
        project_url=str(config.get("projectURL") or ""),
        icon=_icon(path),
        readme=_readme(path),
        default_version=_default_version(config.get("version"), versions),
        versions=versions,
    )


def _default_version(wanted: Any, versions: list[EntryVersion]) -> str:
    """Return the version that is offered first, empty when `config.yml` names none of them."""
    return next((one.version for one in versions if one.version == str(wanted)), "")


def _version_folders(path: Path) -> list[Path]:
    folders = [one for one in path.iterdir() if one.is_dir() and any((one / name).is_file() for name in COMPOSE_NAMES)]
    return sorted(
        folders, key=lambda one: (not one.name.isdigit(), int(one.name) if one.name.isdigit() else 0, one.name)
    )[::-1]


def _version(root: Path, path: Path, config: dict[str, Any]) -> EntryVersion:
    block, where = _catalog_block(path), path.relative_to(root).as_posix()
    version = block.get("version")
    wanted = str(block.get("upgrade_from") or "")
    if wanted:
        try:
            parse_range(wanted)
        except ValueError as error:
            raise CatalogError(f"{where}: upgrade_from: {error}") from None
    return EntryVersion(
        version=str(version or path.name),
        path=where,
        description=str(block.get("description") or config.get("description") or ""),
        questions=read_questions(block.get("questions"), where),
        upgrade_from=wanted,
    )


def _catalog_block(path: Path) -> dict[str, Any]:
    """Return what `.catalog` or `catalog` of the rancher-compose file says, also when the file is a template."""
    for name in RANCHER_NAMES:
        file = path / name
        if not file.is_file():
            continue
        found = _parsed(file, is_template=name.endswith(".tpl"))
        block = (found.get(".catalog") or found.get("catalog")) if isinstance(found, dict) else None
        return block if isinstance(block, dict) else {}
    return {}


def _mapping(file: Path) -> dict[str, Any]:
    found = _parsed(file)
    if not isinstance(found, dict):
        raise CatalogError(f"{file.name}: expected a mapping")
    return found


def _parsed(file: Path, *, is_template: bool = False) -> Any:
    """Return a file's YAML; of a template what is left when its actions are taken out.

    Raises:
        CatalogError: it is not YAML; the text names version, file, line and column.
    """
    text = _read(file)
    try:
        return read_yaml(_TEMPLATE_BRACES.sub("", text) if is_template else text, as_texts=True)
    except YamlError as error:
        where = file.name if file.parent.parent.name.endswith(TEMPLATES) else f"{file.parent.name}/{file.name}"
        raise CatalogError(f"{where}: {error}") from None


def _read(file: Path) -> str:
    if file.stat().st_size > MOST_FILE_BYTES:
        raise CatalogError(f"{file.name} is larger than {MOST_FILE_BYTES >> 10} KiB")
    return file.read_text(encoding="utf-8-sig")


def _icon(path: Path) -> str:
    for file in sorted(path.glob("catalogIcon*")):
        if file.is_file() and file.stat().st_size <= ICON_BYTES:
            kind = mimetypes.guess_type(file.name)[0] or "image/png"
            return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
    return ""


def _readme(path: Path) -> str:
    for file in sorted(path.glob("[Rr][Ee][Aa][Dd][Mm][Ee]*")):
        if file.is_file():
            return file.read_text(errors="replace")[:README_CHARACTERS]
    return ""


def read_package(root: Path, name: str, version: EntryVersion) -> Package:
    """Return the files of one version.

    Raises:
        CatalogError: it is no longer there, or leads out of the catalog.
    """
    folder = (root / version.path).resolve()
    if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
        raise CatalogError(f"{name} {version.version} is no longer in the catalog: refresh it")
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            if path.stat().st_size > MOST_FILE_BYTES:
                continue
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return Package(COMPOSE, name, version.version, files, tuple(version.questions))
