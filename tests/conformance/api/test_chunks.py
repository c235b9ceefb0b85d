"""Lists in chunks: one state through all pages, and what happens when that state is forgotten."""

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEMPLATES = BY_PLURAL["podtemplates.v1"]
COUNT = 40


async def fill(api: RawApi, space: str) -> list[str]:
    names = [f"template-{n:04}" for n in range(COUNT)]
    for name in names:
        await api.ok("POST", TEMPLATES.path(space), TEMPLATES.made(name))
    return names


def names_of(page: dict) -> list[str]:
    return [one["metadata"]["name"] for one in page["items"]]


async def test_pages_of_one_state(api: RawApi, space: str) -> None:
    """Every page has the version of the first, says how many remain, and none shows a later change."""
    names = await fill(api, space)
    seen, token, version, limit = [], "", "", 17
    while True:
        page = await api.ok("GET", TEMPLATES.path(space), limit=str(limit), **({"continue": token} if token else {}))
        metadata = page["metadata"]
        version = version or metadata["resourceVersion"]
        assert metadata["resourceVersion"] == version
        assert len(page["items"]) <= limit
        seen += names_of(page)
        if not seen[limit:]:
            await api.ok("DELETE", f"{TEMPLATES.path(space)}/{names[-1]}")
        token = metadata.get("continue", "")
        assert metadata.get("remainingItemCount", 0) == COUNT - len(seen)
        if not token:
            break
    assert seen == names
    assert names_of(await api.ok("GET", TEMPLATES.path(space))) == names[:-1]


async def test_a_forgotten_state(api: RawApi, space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token whose state is compacted away is refused with one that goes on in the present."""
    names = await fill(api, space)
    first = await api.ok("GET", TEMPLATES.path(space), limit="15")

    monkeypatch.setattr(api.running.server.hub, "compacted", int(first["metadata"]["resourceVersion"]) + 1)
    await api.ok("POST", TEMPLATES.path(space), TEMPLATES.made("template-0015a"))
    refused = await api("GET", TEMPLATES.path(space), limit="15", **{"continue": first["metadata"]["continue"]})
    assert (refused.status, refused.body["reason"]) == (410, "Expired")
    token = refused.body["metadata"]["continue"]
    second = await api.ok("GET", TEMPLATES.path(space), limit="15", **{"continue": token})
    assert names_of(second) == ["template-0015", "template-0015a", *names[16:29]]
    assert second["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]
    rest = await api.ok("GET", TEMPLATES.path(space), limit="15", **{"continue": second["metadata"]["continue"]})
    assert names_of(rest) == names[29:]
    assert rest["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        (
            {"resourceVersionMatch": "Some"},
            [
                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
                'Unsupported value: "Some": supported values: "Exact", "NotOlderThan", ""',
            ],
        ),
        (
            {"resourceVersion": "1", "resourceVersionMatch": "Exact", "continue": "x"},
            ["Forbidden: resourceVersionMatch is forbidden when continue is provided"],
        ),
        (
            {"resourceVersion": "0", "resourceVersionMatch": "Exact"},
            ['Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
        ),
        (
            {"watch": "1", "resourceVersionMatch": "Exact", "sendInitialEvents": "true"},
            [
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                'Unsupported value: "Exact": supported values: "NotOlderThan"',
            ],
        ),
        (
            {"watch": "1", "resourceVersionMatch": "NotOlderThan"},
            ["Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"],
        ),
    ],
)
async def test_options_that_exclude_each_other(api: RawApi, query: dict, problems: list[str]) -> None:
    """All that is wrong with the options of a list or watch is told at once."""
    reply = await api("GET", "/api/v1/configmaps", **query)
    assert (reply.status, reply.body["reason"]) == (422, "Invalid")
    assert [(one["field"], one["message"]) for one in reply.body["details"]["causes"]] == [
        ("resourceVersionMatch", problem) for problem in problems
    ]
