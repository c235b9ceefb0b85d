"""The live connection: many rows, and what happens while it is away."""

import asyncio

import pytest
from playwright.async_api import expect

from bouvier.meta.resources import DEPLOYMENTS
from tests.e2e.console.site import Site, create, deployment

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 1500
NO_SOCKETS = """() => {
  window.TrueSocket = WebSocket
  WebSocket = class extends TrueSocket { constructor() { super("wss://127.0.0.1:1") } }
}"""


async def test_nothing_is_missed_while_the_connection_is_lost(console: Site) -> None:
    """The loss is shown; after it, what came and went meanwhile is right without loading the page again."""
    await create(console.world, DEPLOYMENTS, deployment("stays"), deployment("leaves"))
    page = await console.open("/workloads")
    await expect(page.get_by_role("link", name="leaves", exact=True)).to_be_visible()
    # The browser refuses new sockets for a while, as a broken network does.
    await page.evaluate(NO_SOCKETS)
    for end in list(console.world.api.server.context.closing):
        end()
    await expect(page.get_by_text("connection lost, trying again")).to_be_visible()
    await console.world.admin.delete(DEPLOYMENTS, "leaves", "work")
    await create(console.world, DEPLOYMENTS, deployment("comes"))
    await page.evaluate("() => { WebSocket = TrueSocket }")
    await expect(page.get_by_text("live", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="comes", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="leaves", exact=True)).to_be_hidden()


async def test_a_long_list_keeps_the_page_small(console: Site) -> None:
    """Of many workloads only those in sight are in the page; all are counted, found and reached by scrolling."""
    admin = console.world.admin
    await admin.request("POST", "/api/v1/namespaces", body={"metadata": {"name": "many"}})
    names = [f"app-{number:05}" for number in range(MANY)]
    gate = asyncio.Semaphore(32)

    async def make(name: str) -> None:
        async with gate:
            await admin.create(DEPLOYMENTS, deployment(name, replicas=0, namespace="many"))

    await asyncio.gather(*(make(name) for name in names))
    page = await console.open("/workloads?ns=many")
    table = page.get_by_role("table", name="Workloads")
    await expect(table).to_have_attribute("aria-rowcount", str(MANY + 1))
    assert await table.locator("tbody").count() < 80
    await page.keyboard.press("End")
    await expect(page.get_by_role("link", name=names[-1])).to_be_visible()
    await page.get_by_role("textbox", name="Filter").fill("app-00777")
    await expect(table).to_have_attribute("aria-rowcount", "2")
    await expect(page.get_by_role("link", name="app-00777")).to_be_visible()
    await admin.request("DELETE", "/api/v1/namespaces/many")
