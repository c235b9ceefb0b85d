"""Catalogs, entries and releases as the command shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from bouvier.catalog.entries import default_version
from bouvier.cli.output import write_table
from bouvier.client import Client
from bouvier.kinds.catalog_v1 import catalogentries, catalogs, releases
from bouvier.meta.objects import Obj, condition_of, name_of, namespace_of

DESCRIPTION_WIDTH, DEFAULT_WIDTH = 60, 24


async def overview(client: Client) -> dict[str, Any]:
    """Return everything that `ls` shows."""
    found = [(await client.list_all(resource)).items for resource in (catalogs.RESOURCE, catalogentries.RESOURCE)]
    installed = (await client.list_all(releases.RESOURCE)).items
    return {
        "catalogs": [catalog_line(one) for one in found[0]],
        "entries": [entry_line(one) for one in found[1]],
        "releases": [release_line(one) for one in installed],
    }


def catalog_line(catalog: Obj) -> dict[str, Any]:
    """Return what is shown of a catalog."""
    source, status = catalog["spec"]["source"], catalog.get("status") or {}
    condition = condition_of(catalog, "Ready") or {}
    place = next(
        (source[kind]["url"] for kind in ("git", "repository") if source.get(kind)), source.get("folder", "builtin")
    )
    return {
        "name": name_of(catalog),
        "source": place,
        "layout": status.get("layout", ""),
        "entries": status.get("entries", 0),
        "commit": status.get("commit", ""),
        "ready": condition.get("status") == "True",
        "message": condition.get("message", "not read yet"),
        "problems": status.get("problems") or [],
    }


def entry_line(entry: Obj) -> dict[str, Any]:
    """Return what is shown of an entry."""
    spec = entry["spec"]
    versions = [one["version"] for one in spec["versions"]]
    return {
        "name": f"{spec['catalog']}/{spec['name']}",
        "format": spec["format"],
        "version": default_version(spec) if versions else "",
        "versions": versions,
        "category": spec.get("category", ""),
        "description": spec.get("description", ""),
    }


def release_line(release: Obj) -> dict[str, Any]:
    """Return what is shown of a release."""
    spec, status = release["spec"], release.get("status") or {}
    condition = condition_of(release, "Ready") or {}
    return {
        "name": name_of(release),
        "namespace": namespace_of(release),
        "entry": f"{spec['catalog']}/{spec.get('entry', '')}" if spec.get("catalog") else "",
        "chart": status.get("chart", ""),
        "version": status.get("version", ""),
        "revision": status.get("revision", 0),
        "phase": status.get("phase", "Installing"),
        "ready": condition.get("status") == "True",
        "message": condition.get("message", ""),
        "upgrade": status.get("upgrade", ""),
    }


def write_overview(lines: dict[str, Any]) -> None:
    """Write the three tables."""
    write_table(
        ("CATALOG", "LAYOUT", "ENTRIES", "SOURCE", "STATE"),
        [
            (one["name"], one["layout"], str(one["entries"]), one["source"], "" if one["ready"] else one["message"])
            for one in lines["catalogs"]
        ],
    )
    click.echo()
    write_table(
        ("ENTRY", "VERSION", "VERSIONS", "FORMAT", "DESCRIPTION"),
        [
            (
                one["name"],
                one["version"],
                str(len(one["versions"])),
                one["format"],
                one["description"][:DESCRIPTION_WIDTH],
            )
            for one in lines["entries"]
        ],
    )
    if lines["releases"]:
        click.echo()
        write_table(
            ("RELEASE", "NAMESPACE", "ENTRY", "VERSION", "REVISION", "STATE"), [_row(one) for one in lines["releases"]]
        )


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    state = "ready" if line["ready"] else f"{line['phase']}: {line['message']}"
    if line["upgrade"]:
        state += f"; {line['upgrade']} is available"
    return (
        line["name"],
        line["namespace"],
        line["entry"] or line["chart"],
        line["version"],
        str(line["revision"]),
        state,
    )


def write_entry(entry: Obj, version: Obj) -> None:
    """Write one entry with the questions of a version."""
    spec = entry["spec"]
    click.secho(f"{spec['catalog']}/{spec['name']} {version['version']}", bold=True)
    for text in (spec.get("description", ""), spec.get("projectURL", "")):
        if text:
            click.echo(text)
    click.echo(f"versions: {', '.join(one['version'] for one in spec['versions'])}")
    questions = version.get("questions") or []
    if questions:
        click.echo()
        write_table(
            ("QUESTION", "TYPE", "DEFAULT", "", "WHAT IT IS"),
            [
                (
                    one["variable"],
                    _type_text(one),
                    _shown(one.get("default", "")),
                    "needed" if one.get("required") else "",
                    _about(one),
                )
                for one in questions
            ],
        )
    elif spec.get("values"):
        click.echo(f"\n{spec['values'].rstrip()}")
    if spec.get("readme"):
        click.echo(f"\n{spec['readme'].rstrip()}")


def _type_text(question: Obj) -> str:
    if question.get("options"):
        return "|".join(one or '""' for one in question["options"])
    least, most = question.get("min"), question.get("max")
    bounds = f" {_number(least)}..{_number(most)}" if least != most else ""
    return str(question["type"]) + bounds


def _number(bound: float | None) -> str:
    return "" if bound is None else f"{bound:g}"


def _shown(default: str) -> str:
    first, _, rest = default.partition("\n")
    return f"{first[:DEFAULT_WIDTH]}…" if rest or len(first) > DEFAULT_WIDTH else first


def _about(question: Obj) -> str:
    """Return what a question is about, and what its answer must keep to."""
    parts = [str(question.get("description") or question.get("label", "")).rstrip(".")]
    if question.get("validChars"):
        parts.append(f"only {question['validChars']}")
    if question.get("minLength"):
        parts.append(f"at least {question['minLength']} characters")
    if question.get("maxLength"):
        parts.append(f"at most {question['maxLength']} characters")
    if question.get("showIf"):
        parts.append(f"if {question['showIf']}")
    return "; ".join(part for part in parts if part)


def write_history(lines: Sequence[Obj]) -> None:
    """Write revisions, oldest first."""
    write_table(
        ("REVISION", "VERSION", "STATUS", "DEPLOYED", "DESCRIPTION"),
        [
            (
                str(one["revision"]),
                one.get("version", ""),
                one.get("status", ""),
                one.get("deployed", ""),
                one.get("description", ""),
            )
            for one in lines
        ],
    )


def write_release(release: Obj) -> None:
    """Write one release with its history and objects."""
    line, status = release_line(release), release.get("status") or {}
    click.secho(f"{line['name']}  {line['entry'] or line['chart']} {line['version']}", bold=True)
    click.echo(f"{line['phase']}: {line['message']}")
    for key in status.get("ignored") or ():
        click.echo(f"without effect here: {key}")
    click.echo()
    write_history(status.get("history") or ())
    click.echo()
    write_table(
        ("KIND", "NAME", "WAITS FOR"),
        [(one["kind"], one["name"], one.get("lack", "")) for one in status.get("objects") or ()],
    )
    if status.get("notes"):
        click.echo(f"\n{status['notes']}")
