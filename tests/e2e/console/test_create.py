"""Creating from the form and from YAML."""

import pytest
from playwright.async_api import Page, expect

from bouvier.meta.resources import DEPLOYMENTS, INGRESSES, SERVICES
from tests.e2e.console.site import Site, create, deployment

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def write(page: Page, text: str) -> None:
    """Put text into the editor."""
    editor = page.get_by_role("textbox", name="YAML")
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def test_an_application_from_the_form(console: Site) -> None:
    """Image, port and host name make Deployment, Service and Ingress, and lead to the application's page."""
    page = await console.open("/create?ns=work")
    await page.get_by_label("Image").fill("registry.example/team/shop-front:1")
    await page.get_by_label("Port").fill("8080")
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("shop-front")
    await page.get_by_label("Host name").fill("front.localhost")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_role("heading", name="shop-front", level=1)).to_be_visible()
    await console.world.object(SERVICES, "shop-front", lambda s: s["spec"]["ports"][0]["port"] == 8080)
    made = await console.world.object(INGRESSES, "shop-front", lambda _: True)
    assert made["spec"]["rules"][0]["host"] == "front.localhost"


async def test_refusals_stand_at_their_fields_and_leave_nothing(console: Site) -> None:
    """A bad host name is said at the field; the Deployment was not made either."""
    page = await console.open("/create?ns=work")
    await page.get_by_label("Image").fill("shop:1")
    await page.get_by_role("textbox", name="Name", exact=True).fill("half-made")
    await page.get_by_label("Port").fill("8080")
    await page.get_by_label("Host name").fill("Not_A_Host")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_text("spec.rules[0].host")).to_be_visible()
    names = [one["metadata"]["name"] for one in (await console.world.admin.list(DEPLOYMENTS, "work")).items]
    assert "half-made" not in names


async def test_what_is_missing_is_said_before_anything_is_sent(console: Site) -> None:
    """Without image and name nothing happens but a word at both."""
    page = await console.open("/create")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_text("This is needed.")).to_have_count(2)


async def test_yaml_of_several_documents_is_checked_and_applied(console: Site) -> None:
    """A check changes nothing; applying makes both objects; applying again finds them there."""
    page = await console.open("/create?tab=yaml&ns=work")
    maps = "\n---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {{a: b}}" for name in ("one", "two")
    )
    await write(page, maps)
    await page.get_by_role("button", name="Only check").click()
    await expect(page.get_by_text("All of this would be accepted")).to_be_visible()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("ConfigMap two in work (new)")).to_be_visible()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("ConfigMap two in work (was there)")).to_be_visible()


async def test_yaml_errors_name_line_and_field(console: Site) -> None:
    """Unknown fields, bad values and unknown kinds are shown on the line that is to blame."""
    page = await console.open("/create?tab=yaml&ns=work")
    bad = deployment("wrong")
    lines = [
        "apiVersion: apps/v1",
        "kind: Deployment",
        "metadata:",
        "  name: wrong",
        "spec:",
        "  replicas: -1",
        f"  selector: {bad['spec']['selector']}",
        f"  template: {bad['spec']['template']}",
        "---",
        "apiVersion: v1",
        "kind: Gadget",
        "metadata: {name: g}",
    ]
    await write(page, "\n".join(lines))
    await page.get_by_role("button", name="Apply").click()
    refused = page.get_by_role("alert")
    await expect(refused).to_contain_text("Line 6: spec.replicas:")
    await expect(refused).to_contain_text("Line 10: This platform has no kind Gadget in v1.")


async def test_fields_of_others_are_taken_over_only_when_asked(console: Site) -> None:
    """A field that somebody else manages is a conflict that names it; the button settles it."""
    await create(console.world, DEPLOYMENTS, deployment("theirs", replicas=2))
    page = await console.open("/create?tab=yaml&ns=work")
    await write(page, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: theirs\nspec:\n  replicas: 3\n")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("alert")).to_contain_text(".spec.replicas")
    await page.get_by_role("button", name="Take these fields over").click()
    await console.world.object(DEPLOYMENTS, "theirs", lambda d: d["spec"]["replicas"] == 3)
