"""Every page: without accessibility faults, in both themes and languages, by keyboard."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as Timeout

from tests.e2e.console.site import Site, arrive, populate

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(__file__).parents[3] / "console" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = [
    "/",
    "/workloads",
    "/workloads/Deployment/work/search",
    "/workloads/Deployment/work/frontend?tab=revisions",
    "/workloads/Deployment/work/frontend?tab=logs",
    "/pods",
    "/hosts",
    "/services",
    "/stacks",
    "/stacks/new",
    "/catalog",
    "/catalog?tab=catalogs",
    "/clusters",
    "/costs",
    "/costs?tab=pool",
    "/costs?tab=invoices",
    "/costs?tab=budgets",
    "/costs?tab=prices",
    "/builds",
    "/hooks",
    "/keys",
    "/storage",
    "/events",
    "/audit",
    "/create",
    "/create?tab=run",
    "/create?tab=yaml",
    "/nowhere",
]
LOOKS = [("light", "en"), ("dark", "fr")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def populated(shared: Site) -> None:
    """A platform with something on every page."""
    await populate(shared.world)


async def faults(page: Page) -> list[str]:
    """Return what axe finds."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "language"), LOOKS)
async def test_pages_are_accessible(console: Site, populated: None, scheme: str, language: str) -> None:
    """Axe has nothing to say about any page, and each has one first heading and a title."""
    page = await console.open(scheme=scheme, language=language)
    for path in PAGES:
        await page.goto(f"{console.url}#{path}")
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        await expect(page.locator("[role=status][aria-label]")).to_have_count(0)
        assert await faults(page) == [], path
        assert (await page.title()).endswith("· Bouvier")


@pytest.mark.parametrize(("scheme", "language"), LOOKS)
async def test_dialogs_and_menus_are_accessible(console: Site, populated: None, scheme: str, language: str) -> None:
    """What opens over a page has nothing against it either, nor has the sign-in page."""
    page = await console.visit(scheme=scheme, language=language)
    await arrive(page, console.url)
    await expect(page.get_by_text("bouvier status", exact=True)).to_be_visible()
    assert await faults(page) == [], "sign-in"
    page = await console.open("/workloads/Deployment/work/frontend", scheme=scheme, language=language)
    await page.get_by_role("button", name={"en": "Roll back…", "fr": "Revenir en arrière…"}[language]).click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == [], "dialog"
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page) == [], "palette"


async def test_the_palette_goes_anywhere(console: Site, populated: None) -> None:
    """Ctrl-K, a few letters and Enter lead to an object."""
    page = await console.open()
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("textbox", name="Where to?")).to_be_focused()
    await page.keyboard.type("basket")
    await expect(page.get_by_role("button", name="basket").first).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="basket", level=1)).to_be_visible()


async def test_the_language_is_changed_and_kept(console: Site, populated: None) -> None:
    """The menu changes every word at once; the choice outlives the page."""
    page = await console.open()
    await page.get_by_role("button", name="Language").click()
    await page.get_by_role("menuitem", name="Français").click()
    await expect(page.get_by_role("heading", name="Accueil", level=1)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Accueil", level=1)).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "fr"


async def test_the_theme_follows_the_system(console: Site, populated: None) -> None:
    """Dark systems get a dark page until the reader chooses otherwise."""
    page = await console.open(scheme="dark")
    await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitem", name="Light").click()
    await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


async def find_namespace(page: Page, text: str) -> None:
    """Open the list of namespaces and type; a list that was just closed by a layout change is opened again."""
    search = page.get_by_label("Find a namespace")
    for _ in range(5):
        await page.get_by_role("button", name="Namespace: All namespaces").click()
        try:
            await search.fill(text, timeout=10_000)
        except Timeout:
            await page.keyboard.press("Escape")
        else:
            return
    await expect(search).to_be_visible()


async def test_a_namespace_is_found_and_kept_in_the_address(console: Site, populated: None) -> None:
    """Choosing a namespace filters every list and travels with the link."""
    page = await console.open("/workloads")
    await expect(page.get_by_role("link", name="wiki", exact=True)).to_be_visible()
    await find_namespace(page, "wor")
    await page.get_by_role("option", name="work", exact=True).click()
    await expect(page.get_by_role("link", name="wiki", exact=True)).to_be_hidden()
    await expect(page.get_by_role("link", name="frontend", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Pods").click()
    await expect(page.get_by_role("heading", name="Pods", level=1)).to_be_visible()
    assert "ns=work" in page.url


async def test_home_numbers_lead_to_the_filtered_list(console: Site, populated: None) -> None:
    """What is in trouble is named on Home, and its number leads to exactly that list."""
    page = await console.open("/?ns=work")
    needs = page.get_by_role("region", name="Needs you now")
    await expect(needs).to_contain_text("search")
    await expect(needs).to_contain_text("mailer")
    await page.get_by_role("region", name="Workloads").get_by_role("link", name="in trouble").click()
    await expect(page.get_by_role("link", name="search", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="frontend", exact=True)).to_be_hidden()


async def test_services_lead_to_the_application(console: Site, populated: None) -> None:
    """An Ingress is a link with the balancer's port; a service without ready pods says so."""
    page = await console.open("/services")
    await expect(page.get_by_role("link", name="http://shop.localhost:8080/")).to_be_visible()
    services = page.get_by_role("table", name="Services")
    await expect(services.locator("tbody", has_text="frontend").get_by_role("img", name="4 of 4 ready")).to_be_visible()
    await expect(services.locator("tbody", has_text="search")).to_contain_text("none ready")


async def test_events_are_filtered(console: Site, populated: None) -> None:
    """Warnings alone, and by words."""
    page = await console.open("/events")
    await page.get_by_text("Warnings", exact=True).click()
    await page.get_by_label("Filter").fill("not found")
    table = page.get_by_role("table", name="Events")
    await expect(table.get_by_role("cell", name="manifest for").first).to_be_visible()
    await expect(table).not_to_contain_text("Created pod")


async def test_a_host_is_closed_and_opened(console: Site, populated: None) -> None:
    """The switch of a host keeps new pods away, and lets them in again."""
    page = await console.open("/hosts")
    line = page.locator("tbody", has=page.get_by_role("link", name="south", exact=True))
    await expect(line).to_contain_text("16 GiB".replace(" ", "\u202f"))
    await line.get_by_role("switch", name="south takes new pods").click()
    await expect(line).to_contain_text("It takes no new pods; those on it go on.")
    await expect(line).to_contain_text("not accepted")
    await line.get_by_role("switch", name="south takes new pods").click()
    await expect(line).to_contain_text("ready")
