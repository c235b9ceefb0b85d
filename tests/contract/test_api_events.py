"""Events: one stored object, two groups that show it."""

import json

from bouvier.client import Client
from bouvier.kinds.events_v1.events import RESOURCE
from bouvier.meta.resources import EVENTS
from tests.contract.test_api_verbs import refused
from tests.support.apiserver import RunningApi

NEW = {
    "metadata": {"name": "e", "namespace": "default"},
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "reportingController": "example.com/boat",
    "reportingInstance": "boat-1",
    "action": "Sail",
    "reason": "Wind",
    "type": "Normal",
    "note": "from the west",
    "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
}


async def test_both_groups_show_the_same_event(client: Client) -> None:
    """What is written in one group is read, watched, changed and removed in the other."""
    await client.create(RESOURCE, NEW)
    shown = await client.get(EVENTS, "e", "default")
    assert (shown["apiVersion"], shown["message"]) == ("v1", "from the west")
    assert shown["involvedObject"]["name"] == "p"
    assert shown["reportingComponent"] == "example.com/boat"

    core, own = client.watch(EVENTS, "default"), client.watch(RESOURCE, "default")
    assert "message" in (await anext(core))[1]
    assert "note" in (await anext(own))[1]
    await client.patch(EVENTS, "e", {"message": "from the east"}, namespace="default")
    assert (await anext(own))[1]["note"] == "from the east"
    await core.aclose()
    await own.aclose()

    chosen = await client.list(
        RESOURCE, "default", field_selector="regarding.name=p,reportingController=example.com/boat"
    )
    assert [(one["apiVersion"], one["kind"]) for one in chosen.items] == [("events.k8s.io/v1", "Event")]
    await client.delete(RESOURCE, "e", "default")
    assert (await client.list(EVENTS, "default")).items == []


async def test_new_events_of_the_newer_group_must_be_complete(client: Client) -> None:
    """Each missing or deprecated field is named."""
    error = await refused(client.create(RESOURCE, {"metadata": NEW["metadata"], "deprecatedCount": 2, "type": "Odd"}))
    named = {cause["field"] for cause in error.details["causes"]}
    assert {"eventTime", "reportingController", "action", "reason", "type", "deprecatedCount"} <= named


async def test_kubectl_shows_both(api: RunningApi, client: Client) -> None:
    """The table is the same."""
    await client.create(RESOURCE, NEW)
    rows = [await api.kubectl("get", what, "--no-headers") for what in ("events", "events.v1.events.k8s.io")]
    assert rows[0] == rows[1]
    assert "pod/p" in rows[0]
    applied = json.loads(await api.kubectl("get", "events.v1.events.k8s.io", "e", "-o", "json"))
    assert applied["apiVersion"] == "events.k8s.io/v1"
