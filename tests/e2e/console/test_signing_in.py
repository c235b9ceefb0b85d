"""Signing in and out."""

import pytest
from playwright.async_api import expect

from tests.e2e.console.site import Site, arrive

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_LOAD_BYTES = 300_000


async def test_a_link_signs_in_once(console: Site) -> None:
    """The link opens the console; used again, it is refused in words that lead to a new one."""
    link = await console.link()
    page = await console.visit()
    await arrive(page, link)
    await expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    assert "signin" not in page.url

    other = await console.visit()
    await arrive(other, link)
    await expect(other.get_by_role("alert")).to_contain_text("used already or is too old")
    await expect(other.get_by_text("bouvier status", exact=True)).to_be_visible()


async def test_without_a_session_every_page_tells_how_to_get_one(console: Site) -> None:
    """Whoever comes without a session is told the command, and sees no data."""
    page = await console.visit(language="fr")
    await arrive(page, f"{console.url}#/workloads")
    await expect(page.get_by_role("heading", name="Connexion à Bouvier")).to_be_visible()
    await expect(page.get_by_text("bouvier up --detach")).to_be_visible()


async def test_signing_out_ends_the_session(console: Site) -> None:
    """After signing out the page asks for a link, also when it is loaded again."""
    page = await console.open()
    await page.get_by_role("button", name="Signed in as admin").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to Bouvier")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Sign in to Bouvier")).to_be_visible()


async def test_the_first_page_is_light(console: Site) -> None:
    """Signing in and seeing Home loads little, compressed."""
    page = await console.visit()
    loaded = []
    page.on("requestfinished", lambda request: "/console/" in request.url and loaded.append(request))
    await arrive(page, await console.link())
    await expect(page.get_by_role("heading", name="At a glance")).to_be_visible()
    sizes = [(await request.sizes())["responseBodySize"] for request in list(loaded)]
    assert 50_000 < sum(sizes) < FIRST_LOAD_BYTES
