"""Creating with every option of docker run."""

import pytest
from playwright.async_api import expect

from bouvier.meta.resources import DEPLOYMENTS, SERVICES
from tests.e2e.console.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMAND = "docker run --name pasted -p 80 -e COLOUR=green --ulimit nofile=1024 bouvier/sample:1 serve 'two words'"


async def test_a_pasted_command_fills_the_form_and_comes_back(console: Site) -> None:
    """Every part stands at its field, the other texts say the same, and Create makes exactly that."""
    page = await console.open("/create?tab=run&ns=work")
    await page.get_by_label("Paste to fill the form").fill(COMMAND)
    await page.get_by_role("button", name="Fill the form").click()
    await expect(page.get_by_role("textbox", name="Image")).to_have_value("bouvier/sample:1")
    await expect(page.get_by_role("textbox", name="Command", exact=True)).to_have_value("serve 'two words'")
    await expect(page.get_by_role("textbox", name="--name", exact=True)).to_have_value("pasted")
    await expect(page.get_by_role("textbox", name="--env, -e", exact=True)).to_have_value("COLOUR=green")
    await page.get_by_role("button", name="Resources").click()
    await expect(page.get_by_role("textbox", name="--ulimit", exact=True)).to_have_value("nofile=1024")
    texts = page.get_by_role("region", name="The same in other words")
    await expect(texts.locator("pre")).to_contain_text("--ulimit=nofile=1024")
    await texts.get_by_text("Compose", exact=True).click()
    await expect(texts.locator("pre")).to_contain_text("ulimits:")
    await page.get_by_label("Pods").fill("2")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_role("heading", name="pasted", level=1)).to_be_visible()
    made = await console.world.object(DEPLOYMENTS, "pasted", lambda _: True)
    assert made["spec"]["replicas"] == 2
    [container] = made["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", "two words"]
    annotations = made["spec"]["template"]["metadata"]["annotations"]
    assert "nofile=1024" in annotations["engine.bouvier.io/container.pasted"]
    await console.world.object(SERVICES, "pasted", lambda _: True)
    await console.world.admin.delete(DEPLOYMENTS, "pasted", "work")


async def test_a_compose_service_and_yaml_fill_the_form(console: Site) -> None:
    """What the form says as Compose or YAML gives the same form when it is pasted."""
    page = await console.open("/create?tab=run&ns=work")
    box = page.get_by_label("Paste to fill the form")
    compose = "services:\n  shop:\n    image: bouvier/sample:2\n    cpus: 0.5\n    init: true\n"
    await box.fill(compose)
    await page.get_by_role("button", name="Fill the form").click()
    await expect(page.get_by_role("textbox", name="Image")).to_have_value("bouvier/sample:2")
    await expect(page.get_by_role("checkbox", name="--init")).to_be_checked()
    texts = page.get_by_role("region", name="The same in other words")
    await texts.get_by_text("YAML", exact=True).click()
    yaml = texts.locator("pre")
    await expect(yaml).to_contain_text("kind: Deployment")
    written = await yaml.text_content() or ""
    await page.get_by_role("checkbox", name="--init").uncheck()
    await box.fill(written)
    await page.get_by_role("button", name="Fill the form").click()
    await expect(page.get_by_role("checkbox", name="--init")).to_be_checked()


async def test_what_cannot_be_is_said_at_the_option(console: Site) -> None:
    """Unknown options are refused where they were pasted, wrong values at their field, and nothing can be created."""
    page = await console.open("/create?tab=run&ns=work")
    box = page.get_by_label("Paste to fill the form")
    await box.fill("docker run --nonsense nginx")
    await page.get_by_role("button", name="Fill the form").click()
    await expect(page.get_by_text("--nonsense is no option of docker run")).to_be_visible()
    await box.fill("docker run --memory lots nginx")
    await page.get_by_role("button", name="Fill the form").click()
    await page.get_by_role("button", name="Resources").click()
    await expect(page.get_by_text("--memory lots").first).to_be_visible()
    await expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    await page.get_by_role("textbox", name="--memory, -m", exact=True).fill("64m")
    await expect(page.get_by_role("button", name="Create", exact=True)).to_be_enabled()
    await page.get_by_role("button", name="Network").click()
    await expect(page.get_by_role("textbox", name="--ip", exact=True)).to_be_disabled()
    await expect(page.get_by_text("The platform gives every pod its address").first).to_be_visible()
