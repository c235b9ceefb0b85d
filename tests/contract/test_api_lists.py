"""Lists at moments and in pages, and watches that begin with the state: the options and what they exclude."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouvier.apiserver.cache import resource as cache_of_resource
from bouvier.client import MERGE, Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS
from tests.contract.test_api_verbs import config, refused
from tests.support.apiserver import RunningApi, running_api

PATH = "/api/v1/namespaces/default/configmaps"


async def listed(client: Client, **query: Any) -> dict:
    return await client.request("GET", PATH, query={key: str(value) for key, value in query.items()})


def names(answer: dict) -> list[str]:
    return [one["metadata"]["name"] for one in answer["items"]]


async def filled(client: Client, count: int) -> int:
    for number in range(count):
        made = await client.create(CONFIGMAPS, config(f"c{number}", n="0"))
    return int(made["metadata"]["resourceVersion"])


async def test_a_list_at_a_resource_version(client: Client) -> None:
    """Exact shows the state then, NotOlderThan the present; a page at a version is exact without being told."""
    then = await filled(client, 3)
    await client.delete(CONFIGMAPS, "c1", "default")
    await client.patch(CONFIGMAPS, "c2", {"data": {"n": "1"}}, namespace="default", kind=MERGE)

    exact = await listed(client, resourceVersion=then, resourceVersionMatch="Exact")
    assert (names(exact), exact["metadata"]["resourceVersion"]) == (["c0", "c1", "c2"], str(then))
    assert [one["data"]["n"] for one in exact["items"]] == ["0", "0", "0"]
    assert names(await listed(client, resourceVersion=then, resourceVersionMatch="NotOlderThan")) == ["c0", "c2"]
    assert names(await listed(client, resourceVersion=then)) == ["c0", "c2"]
    assert names(await listed(client, resourceVersion=0)) == ["c0", "c2"]
    assert names(await listed(client, resourceVersion=then, limit=2)) == ["c0", "c1"]


@pytest.mark.parametrize(
    ("query", "reason", "said"),
    [
        ({"resourceVersionMatch": "Exact"}, "Invalid", "forbidden unless resourceVersion is provided"),
        ({"resourceVersionMatch": "Newest", "resourceVersion": "1"}, "Invalid", 'Unsupported value: "Newest"'),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, "Invalid", 'forbidden for resourceVersion "0"'),
        (
            {"resourceVersionMatch": "Exact", "resourceVersion": "1", "continue": "x"},
            "Invalid",
            "forbidden when continue",
        ),
        ({"sendInitialEvents": "true"}, "Invalid", "sendInitialEvents is forbidden for list"),
        ({"resourceVersion": "9", "continue": "x"}, "BadRequest", "not allowed when using continue"),
        ({"resourceVersion": "new"}, "BadRequest", "resourceVersion"),
        ({"limit": "x"}, "BadRequest", "limit"),
        ({"continue": "x"}, "BadRequest", "continue key is not valid"),
        ({"watch": "1", "sendInitialEvents": "true"}, "Invalid", "requires setting resourceVersionMatch"),
        ({"watch": "1", "resourceVersion": "1", "resourceVersionMatch": "Exact"}, "Invalid", "forbidden for watch"),
    ],
)
async def test_options_that_exclude_each_other(client: Client, query: dict, reason: str, said: str) -> None:
    """Each is refused with Kubernetes' reason and a message that names the option."""
    error = await refused(listed(client, **query))
    assert error.reason == reason
    assert said in error.message


async def test_a_version_that_is_not_there_yet(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is ahead is told so, with the cause that its library looks for."""
    monkeypatch.setattr("bouvier.apiserver.verbs.listing.BEHIND_SECONDS", 0.05)
    for query in ({}, {"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}):
        error = await refused(listed(client, resourceVersion=10**9, **query))
        assert error.reason == "Timeout"
        assert error.details["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_a_forgotten_page_can_go_on_in_the_present(
    api: RunningApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After compaction the client gets 410 with a token for the rest, as it is now."""
    monkeypatch.setattr(cache_of_resource, "HISTORY_EVENTS", 2)
    await filled(client, 4)
    first = await listed(client, limit=2)
    for number in range(4, 9):
        await client.create(CONFIGMAPS, config(f"c{number}"))
    store = api.server.context.store
    await store.compact(store.revision)
    api.server.hub.resource("local", "", "configmaps")._complete_from = store.revision

    error = await refused(listed(client, limit=2, **{"continue": first["metadata"]["continue"]}))
    assert (error.code, error.reason) == (410, "Expired")
    rest = await listed(client, **{"continue": error.continue_token})
    assert names(rest) == [f"c{number}" for number in range(2, 9)]


async def test_a_watch_list_ends_its_state_with_a_bookmark(client: Client) -> None:
    """The state comes as ADDED events, then the annotated bookmark, then news."""
    await filled(client, 2)
    seen: list[dict] = []
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with asyncio.timeout(10), client.stream("GET", PATH, query=query | {"watch": "1"}) as chunks:
        async for chunk in chunks:
            seen += [json.loads(line) for line in chunk.splitlines()]
            if len(seen) == 3:
                break
    assert [event["type"] for event in seen] == ["ADDED", "ADDED", "BOOKMARK"]
    assert seen[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


Steps = st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=25)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=Steps, after=Steps, limit=st.integers(1, 4))
def test_pages_are_a_snapshot(tmp_path_factory: pytest.TempPathFactory, before: list, after: list, limit: int) -> None:
    """Whatever is written between two pages, all pages together are the list at the moment of the first."""

    async def write(client: Client, steps: list) -> None:
        for number, keep in steps:
            try:
                if keep:
                    await client.create(CONFIGMAPS, config(f"c{number}"))
                else:
                    await client.delete(CONFIGMAPS, f"c{number}", "default")
            except ApiError as error:
                assert error.reason in ("AlreadyExists", "NotFound")

    async def run() -> None:
        async with running_api(tmp_path_factory.mktemp("api")) as api:
            client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
            await write(client, before)
            whole = await listed(client)
            page = await listed(client, limit=limit)
            items, left = names(page), list(after)
            while token := page["metadata"].get("continue"):
                assert page["metadata"]["remainingItemCount"] == len(whole["items"]) - len(items)
                await write(client, left[:3])
                left = left[3:]
                page = await listed(client, limit=limit, **{"continue": token})
                items += names(page)
            assert items == names(whole)
            await client.close()

    asyncio.run(run())
