"""Previews: what a release would do, without doing it."""

from pathlib import Path

import pytest

from tests.contract.catalog.conftest import Catalogs, write
from tests.contract.catalog.test_releases import TINY, install

SECRET = {
    "secret/Chart.yaml": "apiVersion: v2\nname: secret\nversion: 1.0.0\n",
    "secret/templates/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}}\nstringData: {key: {{ .Values.key }}}\n",
}


@pytest.fixture(autouse=True)
async def farm(catalog: Catalogs) -> Path:
    folder = write(catalog.folder / "source", TINY | SECRET)
    await catalog.add("farm", folder=str(folder))
    return folder


async def test_what_an_installation_would_make(catalog: Catalogs) -> None:
    """Every object with its content, and nothing of it is made."""
    status = await catalog.preview("rel", catalog="farm", entry="tiny")

    assert [(one["action"], one["kind"], one["name"]) for one in status["changes"]] == [
        ("create", "ConfigMap", "rel-tiny")
    ]
    assert '+  "n": "6"' in status["changes"][0]["diff"]
    assert status["notes"] == "count is 2"
    assert await catalog.config("rel-tiny") is None


async def test_what_an_upgrade_would_change(catalog: Catalogs) -> None:
    """Changed lines of what changes, removals, and what stays as it is."""
    await install(catalog, values={"second": True})
    status = await catalog.preview("rel", catalog="farm", entry="tiny", values={"count": 4})

    actions = {one["name"]: one["action"] for one in status["changes"]}
    assert actions == {"rel-tiny": "change", "rel-second": "delete"}
    diff = next(one["diff"] for one in status["changes"] if one["name"] == "rel-tiny")
    assert '-  "n": "6"' in diff
    assert '+  "n": "12"' in diff
    assert await catalog.config("rel-second") is not None

    same = await catalog.preview("rel", catalog="farm", entry="tiny", values={"second": True})
    assert {one["action"] for one in same["changes"]} <= {"keep", "change"}


async def test_why_a_release_would_be_refused(catalog: Catalogs) -> None:
    """All reasons, with the place in the template."""
    status = await catalog.preview("rel", catalog="farm", entry="tiny", values={"extra": "text"})

    assert status["phase"] == "Refused"
    assert "tiny/templates/cm.yaml:7:" in status["errors"][0]


async def test_values_of_secrets_are_not_shown(catalog: Catalogs) -> None:
    """Only whether they change can be seen."""
    status = await catalog.preview("rel", catalog="farm", entry="secret", values={"key": "very-secret"})

    assert "very-secret" not in str(status)
    assert "***" in status["changes"][0]["diff"]
