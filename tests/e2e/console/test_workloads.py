"""Workloads in the console: seen live, scaled, upgraded, rolled back, removed; troubles told in words."""

import pytest
from playwright.async_api import Page, expect

from bouvier.meta.resources import DEPLOYMENTS, PODS
from tests.e2e.console.site import Site, crashes, create, deployment, lacks_image, placed, pods_of, ready

pytestmark = pytest.mark.asyncio(loop_scope="session")


def row(page: Page, name: str):
    return page.locator("tbody", has=page.get_by_role("link", name=name, exact=True))


async def test_a_workload_appears_live_and_is_scaled(console: Site) -> None:
    """What somebody else creates appears by itself; plus and minus change it, several clicks at once."""
    page = await console.open("/workloads")
    await create(console.world, DEPLOYMENTS, deployment("appears", replicas=2))
    line = row(page, "appears")
    await expect(line.get_by_role("img", name="2 of 2 ready")).to_be_visible()
    await expect(line).to_contain_text("running")

    more = line.get_by_role("button", name="One pod more for appears")
    for _ in range(3):
        await more.click()
    await expect(line.get_by_role("status")).to_have_text("5")
    await console.world.object(DEPLOYMENTS, "appears", lambda d: d["spec"]["replicas"] == 5)
    await expect(line.get_by_role("img", name="5 of 5 ready")).to_be_visible()
    await line.get_by_role("button", name="One pod less for appears").click()
    await expect(line.get_by_role("img", name="4 of 4 ready")).to_be_visible()


async def test_upgrade_and_roll_back(console: Site) -> None:
    """A new image replaces the pods; going back shows what changes and restores the revision's template."""
    await create(console.world, DEPLOYMENTS, deployment("changes", "bouvier/sample:1", 2))
    await ready(console.world, "changes", 2)
    page = await console.open("/workloads/Deployment/work/changes")
    await page.get_by_role("button", name="Upgrade…").click()
    await page.get_by_label("Image of main").fill("bouvier/sample:2")
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    await expect(page.get_by_role("definition").filter(has_text="sample:2")).to_be_visible()
    await ready(console.world, "changes", 2)

    await page.get_by_role("button", name="Roll back…").first.click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("bouvier/sample:2 → bouvier/sample:1")
    await dialog.get_by_role("button", name="Roll back to revision 1").click()
    back = await console.world.object(
        DEPLOYMENTS, "changes", lambda d: d["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    )
    template = back["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "bouvier/sample:1"
    assert template["metadata"]["labels"] == {"app": "changes"}
    await expect(page.get_by_role("definition").filter(has_text="sample:1")).to_be_visible()


async def test_an_upgrade_under_way_shows_old_and_new(console: Site) -> None:
    """While new pods do not come up, the bar shows how many old ones serve, and the missing image is named."""
    bad = "registry.example/nothing:9"
    console.world.broken_images.add(bad)
    await create(console.world, DEPLOYMENTS, deployment("stuck", "bouvier/sample:1", 3))
    await ready(console.world, "stuck", 3)
    page = await console.open("/workloads/Deployment/work/stuck")
    await page.get_by_role("button", name="Upgrade…").click()
    await page.get_by_label("Image of main").fill(bad)
    await page.get_by_role("button", name="Upgrade", exact=True).click()
    bar = page.get_by_role("region", name="Upgrade under way")
    await expect(bar).to_contain_text("3 old")
    await expect(bar).to_contain_text("1 new and starting")

    [pod] = await console.world.seen(PODS, lambda pods: [p for p in pods if p["spec"]["containers"][0]["image"] == bad])
    await placed(console.world, pod)
    await lacks_image(console.world, pod, bad)
    notice = page.get_by_text(f"The image {bad} cannot be pulled.").first
    await expect(notice).to_be_visible()
    await bar.get_by_role("button", name="Roll back…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Roll back to revision 1").click()
    await expect(bar).to_be_hidden()
    await expect(page.get_by_text("running").first).to_be_visible()


async def test_a_crashing_container_is_told_with_its_way_out(console: Site) -> None:
    """The list says that it crashes, how often and where to look; the link leads to its log."""
    image = "bouvier/sample:crash"
    console.world.broken_images.add(image)
    await create(console.world, DEPLOYMENTS, deployment("crashes", image))
    [pod] = await pods_of(console.world, "crashes", 1)
    await placed(console.world, pod)
    await crashes(console.world, pod, image, code=7, times=4)
    page = await console.open("/workloads?state=bad")
    line = row(page, "crashes")
    await expect(line).to_contain_text("main keeps crashing (exit code 7) and was restarted 4 times.")
    await line.get_by_role("link", name="Logs").click()
    await expect(page.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")


async def test_an_unschedulable_pod_is_told(console: Site) -> None:
    """The scheduler's words appear with what they mean."""
    image = "bouvier/sample:nowhere"
    wanted = deployment("nowhere", image)
    wanted["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "gold"}
    hosts = {"north", "south"}
    console.world.silent |= hosts
    try:
        await create(console.world, DEPLOYMENTS, wanted)
        [pod] = await pods_of(console.world, "nowhere", 1)
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
        }
        status = {"status": {"phase": "Pending", "conditions": [condition]}}
        await console.world.admin.patch(PODS, pod["metadata"]["name"], status, namespace="work", subresource="status")
        page = await console.open("/workloads/Deployment/work/nowhere", language="fr")
        await expect(page.get_by_text("Aucun hôte ne peut prendre un pod.").first).to_be_visible()
        await expect(page.get_by_text("Aucun hôte n’a les étiquettes demandées").first).to_be_visible()
    finally:
        await console.world.admin.delete(DEPLOYMENTS, "nowhere", "work")
        for host in hosts:
            console.world.wake(host)


async def test_deleting_asks_first(console: Site) -> None:
    """Cancel leaves everything; Delete removes the workload and its pods."""
    await create(console.world, DEPLOYMENTS, deployment("goes", replicas=2))
    page = await console.open("/workloads")
    line = row(page, "goes")
    await line.get_by_role("button", name="Actions for goes").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.get_by_role("dialog")).to_contain_text("its 2 pods will be stopped and removed")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await line.get_by_role("button", name="Actions for goes").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(line).to_be_hidden()
    await console.world.gone(DEPLOYMENTS, "goes")


async def test_pause_and_restart(console: Site) -> None:
    """A restart makes a new revision of the same image; a paused rollout says so and how to go on."""
    await create(console.world, DEPLOYMENTS, deployment("again"))
    await ready(console.world, "again", 1)
    page = await console.open("/workloads/Deployment/work/again")
    actions = page.get_by_role("button", name="Actions for again", exact=True)
    await actions.click()
    await page.get_by_role("menuitem", name="Restart").click()
    await page.get_by_role("tab", name="Revisions").click()
    await expect(page.get_by_text("the same images, other settings")).to_be_visible()
    await actions.click()
    await page.get_by_role("menuitem", name="Pause the rollout").click()
    await expect(page.get_by_text("The rollout is paused; changes wait.").first.first).to_be_visible()
    await actions.click()
    await page.get_by_role("menuitem", name="Resume the rollout").click()
    await expect(page.get_by_text("The rollout is paused; changes wait.").first).to_be_hidden()


async def test_a_failure_stays_until_it_is_read(console: Site) -> None:
    """What did not work is said, the number goes back to what is true, and the message stays until it is closed."""
    await create(console.world, DEPLOYMENTS, deployment("offline"))
    await ready(console.world, "offline", 1)
    page = await console.open("/workloads")
    line = row(page, "offline")
    await expect(line.get_by_role("status")).to_have_text("1")
    await page.context.set_offline(True)
    await line.get_by_role("button", name="One pod more for offline").click()
    message = page.get_by_role("alert").filter(has_text="The platform does not answer")
    await expect(message).to_be_visible()
    await expect(line.get_by_role("status")).to_have_text("1")
    await page.context.set_offline(False)
    await line.get_by_role("button", name="One pod more for offline").click()
    await expect(line.get_by_role("img", name="2 of 2 ready")).to_be_visible()
    await expect(message).to_be_visible()
    await message.get_by_role("button").click()
    await expect(message).to_be_hidden()
