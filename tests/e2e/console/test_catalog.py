"""The catalog: questions as a form, install, upgrade with its difference, rollback, uninstall."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bouvier.client import Client, Endpoint
from bouvier.client.informer import InformerSet
from bouvier.controllers.runtime.manager import Manager
from bouvier.daemons.catalog import catalog_controllers
from bouvier.daemons.compose import StackRenderer
from bouvier.kinds.catalog_v1 import catalogs, releases
from bouvier.meta.resources import CONFIGMAPS
from tests.e2e.console.site import Site, choose

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTIONS = """questions:
- {variable: colour, type: enum, options: [red, green], default: red, label: Colour, group: Look, required: true}
- {variable: number, type: int, min: 1, max: 9, default: 3, label: Number}
- {variable: hasName, type: boolean, default: "false", label: Named}
- {variable: name, label: Name of it, show_if: hasName=true, required: true}
"""
CHART = "apiVersion: v2\nname: page\nversion: {version}\ndescription: A page of one colour\nicon: ''\n"
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {colour: "{{ .Values.colour }}", number: "{{ .Values.number }}", version: "{{ .Chart.Version }}"}
"""


def chart(folder: Path, version: str) -> None:
    """Write one version of a chart."""
    place = folder / f"page-{version}"
    (place / "templates").mkdir(parents=True)
    (place / "Chart.yaml").write_text(CHART.format(version=version))
    (place / "values.yaml").write_text("colour: red\nnumber: 3\n")
    (place / "questions.yaml").write_text(QUESTIONS)
    (place / "templates" / "page.yaml").write_text(TEMPLATE)
    (place / "README.md").write_text("# Page\n\nShows a colour.\n")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def catalog(shared: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """The catalog's controllers beside the platform, and a catalog with one chart in two versions."""
    folder = tmp_path_factory.mktemp("catalog")
    charts = folder / "charts"
    for version in ("1.0.0", "1.1.0"):
        chart(charts, version)
    api = shared.world.api
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("catalog")), user_agent="catalog")
    informers = InformerSet(client)
    manager = Manager(informers, catalog_controllers(client, folder / "kept", StackRenderer()))
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    body = {"apiVersion": "catalog.bouvier.io/v1", "kind": "Catalog", "metadata": {"name": "shop"}}
    await shared.world.admin.create(catalogs.RESOURCE, body | {"spec": {"source": {"folder": str(charts)}}})
    yield
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    await client.close()


async def colour(console: Site, name: str) -> str:
    """Return what the release shows."""
    made = await console.world.admin.get(CONFIGMAPS, name, "work")
    return str(made["data"]["colour"])


async def test_an_entry_from_its_questions_to_its_end(console: Site, catalog: None) -> None:
    """Answers are checked at their questions; install, upgrade with difference, rollback and uninstall follow."""
    page = await console.open("/catalog?ns=work")
    await page.get_by_role("link", name="A page of one colour").click()
    await expect(page.get_by_role("heading", name="page", level=1)).to_be_visible()
    await expect(page.get_by_text("Shows a colour.")).to_be_visible()
    await page.get_by_role("textbox", name="Name", exact=True).fill("blue-page")
    await expect(page.get_by_label("Name of it")).to_be_hidden()
    await page.get_by_role("checkbox", name="Named").check()
    await expect(page.get_by_label("Name of it")).to_be_visible()
    await page.get_by_label("Number", exact=True).fill("12")
    await page.get_by_role("button", name="Show what it would do").click()
    await expect(page.get_by_text("must be at most 9")).to_be_visible()
    await expect(page.get_by_text("an answer is needed")).to_be_visible()
    await page.get_by_role("checkbox", name="Named").uncheck()
    await page.get_by_label("Number", exact=True).fill("4")
    await page.get_by_role("button", name="Show what it would do").click()
    await expect(page.get_by_text("1 object changes, 0 stay as they are.")).to_be_visible()
    await page.get_by_role("button", name="Install", exact=True).click()
    await expect(page.get_by_role("heading", name="blue-page", level=1)).to_be_visible()
    await expect(page.locator("main header").get_by_text("running", exact=True)).to_be_visible(timeout=60_000)
    assert await colour(console, "blue-page") == "red"

    await page.get_by_role("button", name="Upgrade…").click()
    await choose(page.get_by_role("combobox", name="Colour"), "green")
    await page.get_by_role("button", name="Show what it would do").click()
    await page.get_by_text("change ConfigMap").click()
    await expect(page.get_by_text("+  colour: green")).to_be_visible()
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    await expect(page.get_by_role("button", name="Roll back to revision 1")).to_be_visible(timeout=60_000)
    assert await colour(console, "blue-page") == "green"

    await page.get_by_role("button", name="Roll back to revision 1").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 object changes")
    await dialog.get_by_role("button", name="Roll back to revision 1").click()
    await expect(page.get_by_role("button", name="Roll back to revision 2")).to_be_visible(timeout=60_000)
    assert await colour(console, "blue-page") == "red"

    await page.get_by_role("button", name="Uninstall").click()
    await page.get_by_role("dialog").get_by_role("button", name="Uninstall").click()
    await expect(page.get_by_text("Nothing has been installed from a catalog yet.")).to_be_visible(timeout=60_000)
    await console.world.gone(releases.RESOURCE, "blue-page")


async def test_a_source_that_cannot_be_read_is_told(console: Site, catalog: None) -> None:
    """A catalog is added by a form; what is wrong with its source stands in the list, and it can be removed."""
    page = await console.open("/catalog?tab=catalogs")
    await page.get_by_role("button", name="Add a catalog").click()
    dialog = page.get_by_role("dialog", name="Add a catalog")
    await dialog.get_by_role("textbox", name="Name").fill("broken")
    await dialog.get_by_role("textbox", name="URL").fill("-nonsense")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_text("spec.source.git.url")).to_be_visible()
    await dialog.get_by_role("textbox", name="URL").fill("/nowhere/at/all.git")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("The source cannot be read")).to_be_visible(timeout=60_000)
    await page.get_by_role("button", name="Remove broken").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("The source cannot be read")).to_be_hidden()
