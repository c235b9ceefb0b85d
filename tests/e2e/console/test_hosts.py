"""Hosts: the matrix of peers, inviting, labelling and draining."""

import re

import pytest
from playwright.async_api import expect

from bouvier.meta.objects import labels_of
from bouvier.meta.resources import DEPLOYMENTS, NODES, PEERREPORTS, PODS, SECRETS
from tests.e2e.console.site import Site, create, deployment, ready

pytestmark = pytest.mark.asyncio(loop_scope="session")


def report(host: str, other: str, state: str, **more: str) -> dict[str, object]:
    """Return what a host found about another one."""
    peer = {"name": other, "state": state, "since": "2026-01-01T00:00:00Z", **more}
    metadata = {"name": host}
    return {
        "apiVersion": "network.bouvier.io/v1",
        "kind": "PeerReport",
        "metadata": metadata,
        "driver": "ipsec",
        "peers": [peer],
    }


async def test_the_matrix_tells_who_reaches_whom(console: Site) -> None:
    """Each way is a field with a sentence, one that fails is told with its reason, and news appear by themselves."""
    admin = console.world.admin
    await create(
        console.world,
        PEERREPORTS,
        report("north", "south", "established", milliseconds="0.4"),
        report("south", "north", "unreachable", message="no security association"),
    )
    page = await console.open("/hosts")
    matrix = page.get_by_role("table", name="Network between hosts")
    await expect(matrix.get_by_text("north reaches south.")).to_be_attached()
    await expect(page.get_by_text("1 of 2 ways is not proven.")).to_be_visible()
    await expect(page.get_by_text("south does not reach north. no security association").last).to_be_visible()
    await admin.patch(PEERREPORTS, "south", {"peers": report("south", "north", "established")["peers"]})
    await expect(page.get_by_text("Every host reaches every other (2 ways).")).to_be_visible()
    for host in ("north", "south"):
        await admin.delete(PEERREPORTS, host)


async def test_the_command_that_adds_a_host(console: Site) -> None:
    """The form makes a join token of the kind that the command makes, and tells when the host is there."""
    page = await console.open("/hosts")
    await page.get_by_role("button", name="Add a host").click()
    dialog = page.get_by_role("dialog", name="Add a host")
    await dialog.get_by_role("button", name="Make the command").click()
    text = dialog.get_by_label("Command to paste on the new host")
    await expect(text).to_have_text(
        re.compile(r"bouvier agent --server https://\S+ --token [a-z0-9]{6}\.[a-z0-9]{16} ")
    )
    identifier = ((await text.text_content() or "").split("--token ")[1]).partition(".")[0]
    made = await console.world.admin.get(SECRETS, f"bootstrap-token-{identifier}", "kube-system")
    assert made["type"] == "bootstrap.kubernetes.io/token"
    await expect(dialog.get_by_text("Waiting for the host to join.")).to_be_visible()
    await console.world.add_host("newcomer")
    await expect(dialog.get_by_text("newcomer has joined.")).to_be_visible()
    await console.world.admin.delete(NODES, "newcomer")


async def test_labels_of_a_host(console: Site) -> None:
    """Lines become labels; what the API refuses is said at the field and changes nothing."""
    page = await console.open("/hosts")
    await page.get_by_role("button", name="Actions for north").click()
    await page.get_by_role("menuitem", name="Labels…").click()
    dialog = page.get_by_role("dialog", name="Labels of north")
    await dialog.get_by_label("Labels").fill("disk=ssd\nnot a label!=x")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("metadata.labels")).to_be_visible()
    await dialog.get_by_label("Labels").fill("disk=ssd")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await console.world.object(NODES, "north", lambda node: labels_of(node).get("disk") == "ssd")


async def test_draining_a_host_says_what_happens_and_moves_its_pods(console: Site) -> None:
    """After the confirmation the host is closed and its pods are elsewhere; before it nothing has changed."""
    await create(console.world, DEPLOYMENTS, deployment("moves", replicas=4))
    await ready(console.world, "moves", 4)
    page = await console.open("/hosts")
    await page.get_by_role("button", name="Actions for south").click()
    await page.get_by_role("menuitem", name="Drain…").click()
    dialog = page.get_by_role("dialog", name="Drain south?")
    await expect(dialog).to_contain_text(re.compile(r"its \d+ pods? moves? elsewhere"))
    await dialog.get_by_role("button", name="Drain", exact=True).click()
    await expect(dialog.get_by_text("south is empty and takes no new pods.")).to_be_visible(timeout=60_000)
    await console.world.seen(
        PODS,
        lambda pods: (
            not [p for p in pods if p["spec"].get("nodeName") == "south" and not p["metadata"].get("deletionTimestamp")]
        ),
    )
    await dialog.get_by_role("button", name="Close").last.click()
    row = page.locator("tbody", has=page.get_by_role("link", name="south", exact=True))
    await row.get_by_role("switch").click(force=True)
    await console.world.object(NODES, "south", lambda node: not node["spec"].get("unschedulable"))
    await console.world.admin.delete(DEPLOYMENTS, "moves", "work")
