"""A folder of charts into entries: `NAME/Chart.yaml`, `charts/NAME/…`, or `charts/NAME/VERSION/…`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.entries import (
    CHART,
    ICON_BYTES,
    README_CHARACTERS,
    CatalogError,
    Entry,
    EntryVersion,
    Package,
    newest_first,
)
from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.loading import load_files, pack, read_folder, unpack
from bouvier.catalog.questions import QuestionError, read_questions

_DEEPEST = 3
_QUESTION_FILES = ("questions.yaml", "questions.yml")
_READMES = ("README.md", "README.txt", "README", "readme.md")
_ICONS = {"icon.svg": "image/svg+xml", "icon.png": "image/png"}
IMAGES = "catalog.bouvier.io/images"
"""Annotation of a chart: images, separated by commas, that are made on the machine."""
CATEGORY = ("category", "catalog.bouvier.io/category")
LICENSE = ("licenses", "artifacthub.io/license")


def chart_folders(root: Path) -> list[Path]:
    """Return the folders of charts below a root, not those inside of other charts."""
    found: list[Path] = []

    def look(folder: Path, depth: int) -> None:
        if (folder / "Chart.yaml").is_file():
            found.append(folder)
        elif depth < _DEEPEST:
            for inner in sorted(folder.iterdir()):
                if inner.is_dir() and not inner.name.startswith(".") and not inner.is_symlink():
                    look(inner, depth + 1)

    look(root, 0)
    return found


def read_catalog(root: Path) -> tuple[list[Entry], list[str]]:
    """Return the entries of a folder of charts, and a line for each chart that cannot be used."""
    charts: dict[str, list[tuple[Chart, EntryVersion]]] = {}
    problems: list[str] = []
    for folder in chart_folders(root):
        where = folder.relative_to(root).as_posix()
        try:
            chart = load_files(read_folder(folder), where)
            version = version_of(chart, where)
        except (ChartError, QuestionError, YamlError, OSError) as error:
            problems.append(f"{where}: {error}")
            continue
        if not chart.is_library:
            charts.setdefault(chart.name, []).append((chart, version))
    return [_entry(found) for _, found in sorted(charts.items())], problems


def version_of(chart: Chart, path: str = "") -> EntryVersion:
    """Return a chart as a version of an entry.

    Raises:
        QuestionError: its questions are malformed.
    """
    return EntryVersion(
        version=chart.version,
        path=path,
        app_version=str(chart.metadata.get("appVersion", "")),
        description=str(chart.metadata.get("description", "")),
        questions=read_questions(_questions(chart), f"{chart.name} {chart.version}"),
        deprecated=chart.metadata.get("deprecated") is True,
    )


def _questions(chart: Chart) -> Any:
    text = next((chart.files[name].decode() for name in _QUESTION_FILES if name in chart.files), "")
    found = read_yaml(text, as_texts=True)
    return found.get("questions") if isinstance(found, dict) else None


def _entry(found: list[tuple[Chart, EntryVersion]]) -> Entry:
    versions = newest_first([version for _, version in found])
    chart = next(chart for chart, version in found if version is versions[0])
    return entry_of(chart, versions)


def entry_of(chart: Chart, versions: list[EntryVersion]) -> Entry:
    """Return the entry of a chart; `chart` is its newest version."""
    metadata = chart.metadata
    annotations = metadata.get("annotations") or {}
    readme = next((chart.files[name] for name in _READMES if name in chart.files), b"")
    maintainers = [str(one.get("name", "")) for one in metadata.get("maintainers") or () if isinstance(one, dict)]
    return Entry(
        name=chart.name,
        format=CHART,
        title=chart.name,
        description=str(metadata.get("description", "")),
        category=next((str(annotations[key]) for key in CATEGORY if annotations.get(key)), ""),
        license=next((str(annotations[key]) for key in LICENSE if annotations.get(key)), ""),
        maintainer=", ".join(maintainers),
        project_url=str(metadata.get("home", "")),
        icon=_icon(chart),
        readme=readme.decode(errors="replace")[:README_CHARACTERS],
        versions=versions,
        values=chart.values_text[:README_CHARACTERS],
        images=[name.strip() for name in str(annotations.get(IMAGES) or "").split(",") if name.strip()],
    )


def _icon(chart: Chart) -> str:
    for name, kind in _ICONS.items():
        content = chart.files.get(name)
        if content and len(content) <= ICON_BYTES:
            return f"data:{kind};base64,{base64.b64encode(content).decode()}"
    url = str(chart.metadata.get("icon", ""))
    return url if url.startswith("data:") else ""


def read_package(root: Path, name: str, version: EntryVersion) -> Package:
    """Return the files of one version.

    Raises:
        CatalogError: it is no longer there, or leads out of the catalog.
    """
    folder = (root / version.path).resolve()
    if not folder.is_relative_to(root.resolve()) or not (folder / "Chart.yaml").is_file():
        raise CatalogError(f"{name} {version.version} is no longer in the catalog: refresh it")
    try:
        return Package(CHART, name, version.version, read_folder(folder), tuple(version.questions))
    except ChartError as error:
        raise CatalogError(str(error)) from None


def package_of_archive(data: bytes) -> Package:
    """Return the package in a chart's archive.

    Raises:
        CatalogError: it is none.
    """
    try:
        files = unpack(data)
        chart = load_files(files)
        return Package(CHART, chart.name, chart.version, files, tuple(version_of(chart).questions))
    except (ChartError, QuestionError, YamlError) as error:
        raise CatalogError(str(error)) from None


def archive_of_path(path: Path) -> bytes:
    """Return the archive of a chart in a folder or in a `.tgz` file, checked.

    Raises:
        CatalogError: there is no chart.
    """
    try:
        if path.is_dir():
            files = read_folder(path)
            chart = load_files(files)
            return pack(files, chart.name)
        data = path.read_bytes()
        load_files(unpack(data, path.name))
    except (ChartError, OSError) as error:
        raise CatalogError(str(error)) from None
    return data
