"""Clusters, costs, hooks, keys, storage and builds: what they show, and what is refused."""

import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bouvier.billing.ledger import HostCapacity, Ledger, PodUsage, Window
from bouvier.daemons import costs
from bouvier.kinds.billing_v1.invoices import RESOURCE as INVOICES
from bouvier.kinds.billing_v1.pricelists import RESOURCE as PRICE_LISTS
from bouvier.kinds.hooks_v1.receivers import RESOURCE as RECEIVERS
from bouvier.kinds.keys_v1.apikeys import RESOURCE as API_KEYS
from bouvier.meta.resources import CLUSTERS, CONFIGMAPS, DEPLOYMENTS, PERSISTENTVOLUMECLAIMS
from tests.e2e.console.site import Site, choose, create, deployment, pods_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW_SECONDS = 30
GIB = 1024**3


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledger(shared: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """A ledger with an hour of two namespaces."""
    file: Path = tmp_path_factory.mktemp("billing") / "ledger.db"
    book = Ledger(file)
    start = int(time.time()) // WINDOW_SECONDS * WINDOW_SECONDS - 3600
    for number in range(3600 // WINDOW_SECONDS):
        pods = [
            PodUsage("local", space, f"{space}-1", space, "north", {"app": space}, WINDOW_SECONDS, cpu, cpu, GIB, GIB)
            for space, cpu in (("shop", 2000), ("wiki", 500))
        ]
        hosts = [HostCapacity("local", "north", WINDOW_SECONDS, 8000, 16 * GIB)]
        book.record(Window(start + number * WINDOW_SECONDS, WINDOW_SECONDS, pods, hosts))
    book.close()
    server = shared.world.api.server
    server.add_path(costs.PATH, costs.CostPaths(server.context, file).report)
    yield


async def test_costs_by_month_and_an_invoice(console: Site, ledger: None) -> None:
    """The chart and its lines say what was used; a draft is saved as PDF and CSV, and prices are set by day."""
    page = await console.open("/costs")
    month = datetime.now(UTC).strftime("%Y-%m")
    table = page.get_by_role("table", name=f"Costs of {month}")
    await expect(table).to_contain_text("shop")
    await expect(table).to_contain_text("wiki")
    await choose(page.get_by_role("combobox", name="By"), "Label")
    await expect(page.get_by_role("textbox", name="Label")).to_have_value("app")
    await expect(table).to_contain_text("shop")

    await page.get_by_role("tab", name="Invoices").click()
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Draft as PDF").click()
    assert (await (await saved.value).path()).read_bytes().startswith(b"%PDF")
    lines = [{"key": "shop", "amount": "1.5"}]
    spec = {"project": "shop", "month": "2026-01", "currency": "EUR", "lines": lines, "total": "1.5"}
    body = {"apiVersion": "billing.bouvier.io/v1", "kind": "Invoice", "metadata": {"name": "2026-000001"}}
    await console.world.admin.create(INVOICES, body | {"spec": spec})
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="2026-000001 as CSV").click()
    assert b"2026-000001" in (await (await saved.value).path()).read_bytes()

    await page.get_by_role("tab", name="Prices").click()
    for label, value in (("From", "2026-01-31"), ("CPU, an hour", "cheap"), ("GiB of memory, an hour", "0.01")):
        await page.get_by_role("textbox", name=label).fill(value)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("cpuHour")
    await page.get_by_role("textbox", name="CPU, an hour").fill("0.05")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("table", name="Prices")).to_contain_text("2026-01-31")
    await console.world.admin.delete(PRICE_LISTS, "default")


async def test_the_pool_says_what_is_idle(console: Site) -> None:
    """Capacity, reserved, used and idle of every host."""
    page = await console.open("/costs?tab=pool")
    await expect(page.get_by_role("table", name="Pool")).to_contain_text("north")
    await expect(page.get_by_text(re.compile("are there; .* reserved, .* used, .* idle"))).to_be_visible()


async def test_another_cluster_is_added_shown_and_removed(console: Site) -> None:
    """What lacks is refused in the form; every page follows the switch; removal asks first."""
    page = await console.open("/clusters")
    await expect(page.get_by_role("table", name="Clusters")).to_contain_text("local")
    await page.get_by_role("button", name="Add a cluster").click()
    dialog = page.get_by_role("dialog", name="Add a cluster")
    await dialog.get_by_role("textbox", name="Name").fill("second")
    await choose(dialog.get_by_role("combobox", name="Orchestrator"), "Docker Swarm")
    await dialog.get_by_role("textbox", name="Socket").fill("tcp://nowhere")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("spec.swarm.engine")
    await choose(dialog.get_by_role("combobox", name="Orchestrator"), "Bouvier")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog).to_be_hidden()
    await page.get_by_role("link", name="second", exact=True).click()
    await expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    picker = page.get_by_role("combobox", name="Cluster")
    await expect(picker).to_have_value("second")
    await expect(page.get_by_role("navigation").get_by_role("link", name="Costs")).to_be_hidden()
    await page.get_by_role("button", name=re.compile("^Namespace:")).click()
    await expect(page.get_by_role("option", name="kube-system")).to_be_visible()
    await expect(page.get_by_role("option", name="work", exact=True)).to_be_hidden()
    await page.keyboard.press("Escape")
    await page.goto(f"{console.url}#/workloads?cluster=second")
    await expect(page.get_by_text("No workloads yet.")).to_be_visible()
    await page.goto(f"{console.url}#/clusters")
    await page.get_by_role("button", name="Remove second").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await console.world.gone(CLUSTERS, "second")


async def test_foreign_workloads_and_losses_are_told(console: Site) -> None:
    """What was made elsewhere can be adopted; what its orchestrator cannot express is named."""
    foreign = deployment("elsewhere")
    marks = {"bouvier.io/foreign": "id1", "bouvier.io/loss-report": '[{"field": "spec.x", "message": "not there"}]'}
    foreign["metadata"]["annotations"] = marks
    await create(console.world, DEPLOYMENTS, foreign)
    page = await console.open("/workloads/Deployment/work/elsewhere")
    await expect(page.get_by_text("1 field cannot be expressed by this orchestrator:")).to_be_visible()
    await expect(page.get_by_text("spec.x")).to_be_visible()
    await page.get_by_role("button", name="Adopt").click()
    await page.get_by_role("dialog").get_by_role("button", name="Adopt").click()
    await console.world.object(
        DEPLOYMENTS, "elsewhere", lambda d: (d["metadata"].get("labels") or {}).get("bouvier.io/adopt") == "true"
    )
    await console.world.admin.delete(DEPLOYMENTS, "elsewhere", "work")


async def test_secrets_of_hooks_and_keys_are_shown_once(console: Site) -> None:
    """The page prints URL and token; the platform keeps only hashes, and a hook can be switched off."""
    await create(console.world, DEPLOYMENTS, deployment("hooked"))
    page = await console.open("/hooks?ns=work")
    await page.get_by_role("button", name="Add a hook").click()
    dialog = page.get_by_role("dialog", name="Add a hook")
    await dialog.get_by_role("textbox", name="Name", exact=True).fill("more")
    await dialog.get_by_role("textbox", name="Deployment").fill("hooked")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_label("URL of the hook")).to_have_text(re.compile(r"/hooks/local/work/more/[\w-]{43}$"))
    await dialog.get_by_role("button", name="Close").last.click()
    made = await console.world.object(RECEIVERS, "more", lambda _: True)
    assert made["spec"]["secretHash"].startswith("sha256:")
    await page.get_by_role("switch", name="more is active").click(force=True)
    await console.world.object(RECEIVERS, "more", lambda hook: hook["spec"].get("disabled"))

    await page.goto(f"{console.url}#/keys")
    await page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog", name="Make a key")
    await dialog.get_by_role("textbox", name="Name", exact=True).fill("robot")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_label("Token")).to_have_text(re.compile(r"^bvk_robot_[\w-]{43}$"))
    await console.world.object(API_KEYS, "robot", lambda key: key["spec"]["role"] == "view")
    await console.world.admin.delete(API_KEYS, "robot")
    await console.world.admin.delete(RECEIVERS, "more", "work")
    await console.world.admin.delete(DEPLOYMENTS, "hooked", "work")


async def test_a_claim_is_asked_for(console: Site) -> None:
    """A size that is none is refused at its field; a good claim is listed with what it waits for."""
    page = await console.open("/storage?ns=work")
    await page.get_by_role("button", name="Add a claim").click()
    dialog = page.get_by_role("dialog", name="Add a claim")
    await dialog.get_by_role("textbox", name="Name", exact=True).fill("kept")
    await dialog.get_by_role("textbox", name="Size").fill("large")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_text("quantities must match")).to_be_visible()
    await expect(dialog.get_by_role("textbox", name="Size")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_role("textbox", name="Size").fill("64Mi")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("table", name="Claims")).to_contain_text("kept")
    await console.world.admin.delete(PERSISTENTVOLUMECLAIMS, "kept", "work")


async def test_a_pod_that_waits_tells_what_the_hosts_say(console: Site) -> None:
    """Every host is named with the reason why it does not take the pod."""
    wanted = deployment("waits", "bouvier/sample:waits")
    wanted["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "gold"}
    hosts = {"north", "south"}
    console.world.silent |= hosts
    try:
        await create(console.world, DEPLOYMENTS, wanted)
        [pod] = await pods_of(console.world, "waits", 1)
        page = await console.open(f"/pods/work/{pod['metadata']['name']}")
        said = page.get_by_role("region", name="What the hosts say")
        await expect(said).to_contain_text("north")
        await expect(said).to_contain_text(re.compile("affinity|selector"))
    finally:
        await console.world.admin.delete(DEPLOYMENTS, "waits", "work")
        for host in hosts:
            console.world.wake(host)


async def test_what_a_cluster_does_not_serve_is_not_offered(console: Site) -> None:
    """Pages of kinds without a server are not in the navigation; those that are served are."""
    page = await console.open()
    navigation = page.get_by_role("navigation")
    for name in ("Stacks", "Catalog", "Builds", "Hooks", "API keys", "Costs", "Clusters"):
        await expect(navigation.get_by_role("link", name=name, exact=True)).to_be_visible()
    await page.route("**/apis", lambda route: route.fulfill(json={"kind": "APIGroupDiscoveryList", "items": []}))
    await page.reload()
    await expect(navigation.get_by_role("link", name="Workloads", exact=True)).to_be_visible()
    await expect(navigation.get_by_role("link", name="Stacks", exact=True)).to_be_hidden()
    assert (await console.world.admin.list(CONFIGMAPS, "work")).items is not None
