"""Charts from the files of a folder or an archive.

Source: https://helm.sh/docs/topics/charts/#the-chart-file-structure
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.ignoring import IgnoreRules
from bouvier.catalog.helm.metadata import read_metadata

MOST_BYTES = 32 * 1024 * 1024
"""Unpacked size of a chart; what a release keeps of it must fit a Secret in the end."""
MOST_FILES = 5_000
DEEPEST = 10
"""Subcharts within subcharts."""

Files = Mapping[str, bytes]
"""The files of a chart by their path, with `/` between folders."""


def load_files(files: Files, where: str = "", depth: int = 0) -> Chart:
    """Return the chart that the files are; `where` is shown in errors.

    Raises:
        ChartError: they are no chart.
    """
    if "Chart.yaml" not in files:
        raise ChartError(f"{where or 'this'} is no chart: there is no Chart.yaml")
    if depth > DEEPEST:
        raise ChartError(f"{where}: subcharts are nested too deeply")
    prefix = f"{where}/" if where else ""
    chart = Chart(read_metadata(_text(files["Chart.yaml"], prefix + "Chart.yaml"), prefix + "Chart.yaml"))
    _take_values(chart, files, prefix)
    parts: dict[str, dict[str, bytes]] = {}
    for path, content in sorted(files.items()):
        _place(chart, parts, path, content, prefix)
    for name, inner in sorted(parts.items()):
        chart.subcharts.append(_subchart(name, inner, prefix, depth))
    return chart if depth else chart.with_parent("")


def _take_values(chart: Chart, files: Files, prefix: str) -> None:
    if "values.yaml" in files:
        chart.values_text = _text(files["values.yaml"], prefix + "values.yaml")
        try:
            values = read_yaml(chart.values_text) or {}
        except YamlError as error:
            raise ChartError(f"{prefix}values.yaml: {error}") from None
        if not isinstance(values, dict):
            raise ChartError(f"{prefix}values.yaml: expected a mapping")
        chart.values = values
    chart.schema = files.get("values.schema.json", b"")
    if chart.metadata.get("apiVersion") == "v1" and "requirements.yaml" in files:
        try:
            older = read_yaml(_text(files["requirements.yaml"], prefix + "requirements.yaml")) or {}
        except YamlError as error:
            raise ChartError(f"{prefix}requirements.yaml: {error}") from None
        chart.metadata["dependencies"] = older.get("dependencies") or []


_OWN_PLACES = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json")


def _place(chart: Chart, parts: dict[str, dict[str, bytes]], path: str, content: bytes, prefix: str) -> None:
    if path.startswith("templates/"):
        chart.templates[path] = _text(content, prefix + path)
    elif path.startswith("charts/"):
        inner = path.removeprefix("charts/")
        name = inner.partition("/")[0]
        if not name.startswith(("_", ".")):
            parts.setdefault(name, {})[inner] = content
    elif path.startswith("crds/"):
        chart.crds[path] = _text(content, prefix + path)
    elif path not in _OWN_PLACES:
        chart.files[path] = content


def _subchart(name: str, files: dict[str, bytes], prefix: str, depth: int) -> Chart:
    where = f"{prefix}charts/{name}"
    if name in files:
        if not name.endswith((".tgz", ".tar.gz")):
            raise ChartError(f"{where} is neither a chart's folder nor an archive")
        return load_files(unpack(files[name], where), where, depth + 1)
    return load_files({path.partition("/")[2]: content for path, content in files.items()}, where, depth + 1)


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ChartError(f"{where} is not text in UTF-8") from None


def load_folder(folder: Path) -> Chart:
    """Return the chart in a folder.

    Raises:
        ChartError: the folder holds no chart.
    """
    return load_files(read_folder(folder), folder.name)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files of a chart's folder, without those that `.helmignore` leaves out.

    Raises:
        ChartError: there are too many, or they are too large.
    """
    ignore_file = folder / ".helmignore"
    rules = IgnoreRules(ignore_file.read_text() if ignore_file.is_file() else "")
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(".git/") or rules.ignores(name) or not path.is_file():
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ChartError(f"{name} is a link that leads out of the folder")
        files[name] = path.read_bytes()
        total += len(files[name])
        if total > MOST_BYTES or len(files) > MOST_FILES:
            raise ChartError(f"{folder} is too large for a chart: at most {MOST_FILES} files, {MOST_BYTES >> 20} MiB")
    return files


def unpack(data: bytes, where: str = "the archive") -> dict[str, bytes]:
    """Return the files of a chart's archive, without the folder that they are in.

    Raises:
        ChartError: it is no archive, holds links, or is too large when unpacked.
    """
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for entry in archive:
                if entry.isdir() or entry.name.startswith("pax_global_header"):
                    continue
                path = entry.name.removeprefix("./").partition("/")[2]
                if not entry.isfile() or ".." in path.split("/") or entry.name.startswith("/"):
                    raise ChartError(f"{where}: {entry.name} is no plain file inside of the chart")
                total += entry.size
                if total > MOST_BYTES or len(files) >= MOST_FILES:
                    raise ChartError(f"{where} is too large: at most {MOST_FILES} files, {MOST_BYTES >> 20} MiB")
                content = archive.extractfile(entry)
                if path and content:
                    files[path] = content.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ChartError(f"{where} is no chart archive: {error}") from None
    return files


def pack(files: Files, name: str) -> bytes:
    """Return the archive of a chart's files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)
