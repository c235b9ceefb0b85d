"""The page of the audit log: sentences, filters, and the way there from an object."""

import re

import pytest
from playwright.async_api import Page, expect

from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, DEPLOYMENTS
from tests.e2e.console.site import Site, choose, create, deployment

pytestmark = pytest.mark.asyncio(loop_scope="session")


def config(name: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "work"}}


async def filled(page: Page, label: str, value: str) -> None:
    await page.get_by_role("textbox", name=label).fill(value)


async def test_who_did_what_is_told(console: Site) -> None:
    """Each event is a sentence; filters choose, refusals are told as such, and more is shown on demand."""
    admin = console.world.admin
    for number in range(120):
        await create(console.world, CONFIGMAPS, config(f"told-{number}"))
    await admin.delete(CONFIGMAPS, "told-7", "work")
    acting = admin.acting_as("mallory")
    with pytest.raises(ApiError):
        await acting.delete(CONFIGMAPS, "told-8", "work")
    await acting.close()
    page = await console.open("/audit?resource=configmaps&ns=work")
    table = page.get_by_role("table", name="Audit")
    await expect(table).to_contain_text("admin deleted configmap told-7 in work")
    await expect(table).to_contain_text("admin (as mallory) tried to delete configmap told-8 in work")
    await expect(table).to_contain_text(re.compile("Forbidden.*cannot delete resource"))
    await choose(page.get_by_role("combobox", name="Verb"), "create")
    await expect(table).not_to_contain_text("deleted")
    await page.get_by_role("button", name="Show older ones").click()
    await expect(table).to_have_attribute("aria-rowcount", re.compile(r"^12\d$"))
    await filled(page, "Name", "told-3")
    await expect(table).to_have_attribute("aria-rowcount", "2")
    await expect(table).to_contain_text("admin created configmap told-3 in work")
    await filled(page, "User", "nobody-else")
    await expect(page.get_by_text("Nothing was recorded that matches.")).to_be_visible()
    assert "user=nobody-else" in page.url


async def test_an_object_leads_to_who_changed_it(console: Site) -> None:
    """The menu of a workload opens the log about it, in the reader's language."""
    await create(console.world, DEPLOYMENTS, deployment("asked"))
    await console.world.admin.patch(DEPLOYMENTS, "asked", {"spec": {"replicas": 2}}, namespace="work")
    page = await console.open("/workloads/Deployment/work/asked", language="fr")
    await page.get_by_role("button", name="Actions pour asked", exact=True).click()
    await page.get_by_role("menuitem", name="Qui a changé ceci").click()
    table = page.get_by_role("table", name="Audit")
    await expect(table).to_contain_text("admin a modifié deployment asked dans work")
    await expect(table).to_contain_text("admin a créé deployment asked dans work")
    await console.world.admin.delete(DEPLOYMENTS, "asked", "work")
