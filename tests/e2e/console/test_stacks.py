"""Stacks: files with what is wrong in them, the graph, an upgrade that is held, given up and rolled back."""

import pytest
from playwright.async_api import Page, expect

from bouvier.meta.resources import DEPLOYMENTS
from bouvier.stacks.resource import STACKS
from tests.e2e.console.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMPOSE = """services:
  web:
    image: bouvier/sample:1
    links: [db]
    mac_address: 02:42:ac:11:65:43
  db:
    image: bouvier/busybox:1
"""


async def write(page: Page, text: str, editor: str = "docker-compose.yml") -> None:
    """Put text into an editor."""
    await page.get_by_role("textbox", name=editor).click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def test_a_stack_from_pasted_files(console: Site) -> None:
    """What is wrong stands with its line; corrected files show their graph and ignored keys, and become a stack."""
    page = await console.open("/stacks")
    await page.get_by_role("link", name="New stack").click()
    await write(page, COMPOSE + "    nonsense: 1\n")
    await expect(page.get_by_text("docker-compose.yml:8:").first).to_be_visible()
    await expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    await write(page, COMPOSE)
    graph = page.get_by_role("group", name="Graph")
    await expect(graph).to_contain_text("needs db")
    await expect(page.get_by_text("services.web.mac_address")).to_be_visible()
    await page.get_by_role("textbox", name="Name", exact=True).fill("pasted-stack")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_role("heading", name="pasted-stack", level=1)).to_be_visible()
    await expect(page.locator("main header").get_by_text("running", exact=True)).to_be_visible()
    await expect(page.get_by_role("table", name="Services").get_by_role("link", name="web", exact=True)).to_be_visible()
    await page.get_by_role("tab", name="1 key without effect").click()
    await expect(page.get_by_text("services.web.mac_address")).to_be_visible()
    await page.get_by_role("tab", name="Graph").click()
    await expect(graph.get_by_role("link", name="web")).to_contain_text("1 of 1 ready")


async def test_an_upgrade_is_held_given_up_and_rolled_back(console: Site) -> None:
    """An upgrade whose image is missing can be paused, resumed and given up; later a revision is brought back."""
    bad = "registry.example/stack:9"
    console.world.broken_images.add(bad)
    admin = console.world.admin
    stack = {"apiVersion": "stacks.bouvier.io/v1", "kind": "Stack", "metadata": {"name": "held", "namespace": "work"}}
    await admin.create(STACKS, stack | {"spec": {"compose": "services: {front: {image: 'bouvier/sample:1'}}"}})
    page = await console.open("/stacks/work/held?tab=files")
    await expect(page.locator("main header").get_by_text("running", exact=True)).to_be_visible()
    await write(page, f"services: {{front: {{image: '{bad}'}}}}")
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    bar = page.get_by_role("region", name="Upgrade under way")
    await expect(bar.get_by_role("button", name="Give up the upgrade")).to_be_visible()
    await bar.get_by_role("button", name="Pause the rollout").click()
    await expect(bar).to_contain_text("The stack is held where it is.")
    await bar.get_by_role("button", name="Resume the rollout").click()
    await expect(bar).to_contain_text("changes service by service")
    await bar.get_by_role("button", name="Give up the upgrade").click()
    await page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    await expect(bar).to_be_hidden(timeout=60_000)
    found = await admin.get(DEPLOYMENTS, "front", "work")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "bouvier/sample:1"

    await write(page, "services: {front: {image: 'bouvier/sample:2'}}")
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    image = "bouvier/sample:2"
    await console.world.object(
        DEPLOYMENTS, "front", lambda d: d["spec"]["template"]["spec"]["containers"][0]["image"] == image
    )
    await expect(page.locator("main header").get_by_text("running", exact=True)).to_be_visible(timeout=60_000)
    await page.get_by_role("tab", name="Revisions").click()
    line = page.get_by_role("listitem").filter(has_text="bouvier/sample:1").last
    await line.get_by_role("button", name="Roll back").click()
    await page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    await console.world.object(
        DEPLOYMENTS, "front", lambda d: d["spec"]["template"]["spec"]["containers"][0]["image"] == "bouvier/sample:1"
    )


async def test_removing_a_stack_asks_first(console: Site) -> None:
    """After the confirmation the stack and its workloads are gone."""
    admin = console.world.admin
    stack = {"apiVersion": "stacks.bouvier.io/v1", "kind": "Stack", "metadata": {"name": "goes", "namespace": "work"}}
    await admin.create(STACKS, stack | {"spec": {"compose": "services: {leaving: {image: 'bouvier/sample:1'}}"}})
    await console.world.object(DEPLOYMENTS, "leaving", lambda _: True)
    page = await console.open("/stacks")
    await page.get_by_role("button", name="Actions for goes").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.get_by_role("dialog")).to_contain_text("stopped and removed")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("link", name="goes", exact=True)).to_be_hidden()
    await console.world.gone(DEPLOYMENTS, "leaving")
