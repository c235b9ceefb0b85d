"""What is to be done for a release next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.releases.plan import (
    STAGES,
    Refused,
    current,
    next_action,
    next_hook,
    next_stage,
    object_key,
    rollback_target,
    to_prune,
    trim,
)
from bouvier.catalog.releases.revisions import HookRun, Revision, decode, encode

STATUSES = st.sampled_from(["deployed", "superseded", "failed", "pending-upgrade"])


def revisions(*statuses: str) -> list[Revision]:
    return [Revision("rel", "ns", number, status) for number, status in enumerate(statuses, 1)]


def config_map(name: str, api_version: str = "v1", **data: str) -> dict[str, object]:
    return {"apiVersion": api_version, "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_the_next_action() -> None:
    """A first installation that failed is installed again, not upgraded."""
    assert next_action({}, []) == "install"
    assert next_action({}, revisions("failed")) == "install"
    assert next_action({}, revisions("superseded", "deployed")) == "upgrade"
    assert next_action({"rollbackTo": 1}, revisions("superseded", "deployed")) == "rollback"


def test_the_present_revision_is_the_newest_that_was_carried_out() -> None:
    """Failed and pending ones do not count."""
    found = current(revisions("superseded", "deployed", "failed", "pending-upgrade"))
    assert found is not None
    assert found.number == 2
    assert current(revisions("failed")) is None


def test_going_back_to_what_never_ran_is_refused() -> None:
    """The refusal names the revisions that there are."""
    with pytest.raises(Refused, match="revision 2 failed; there is 1, 3 to go back to"):
        rollback_target(revisions("superseded", "failed", "deployed"), 2)
    with pytest.raises(Refused, match="revision 9 is not kept"):
        rollback_target(revisions("deployed"), 9)


def test_stages_end() -> None:
    """Each leads to the next, the last is `done`."""
    stage = STAGES[0]
    for _ in STAGES[1:]:
        stage = next_stage(stage)
    assert stage == "done"


def test_objects_are_pruned_by_what_they_are() -> None:
    """Another version of the same group is the same object; what is gone goes last made first."""
    old = [
        config_map("a"),
        config_map("b"),
        {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "d"}},
    ]
    new = [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}]
    assert [one["metadata"]["name"] for one in to_prune(old, new)] == ["b", "a"]
    assert object_key(old[2]) == object_key(new[0])


def test_hooks_run_by_weight_and_then_by_name() -> None:
    """Those that succeeded at this event are passed over; a rerun at another event is due again."""
    hooks = [HookRun(name, "Job", {}, ["pre-upgrade"], weight) for name, weight in (("c", 0), ("b", 0), ("a", 1))]
    order = []
    while hook := next_hook(hooks, "pre-upgrade"):
        order.append(hook.name)
        hook.phase, hook.ran_for = "Succeeded", "pre-upgrade"
    assert order == ["b", "c", "a"]
    assert next_hook(hooks, "post-upgrade") is None


@given(statuses=st.lists(STATUSES, min_size=1, max_size=12), limit=st.integers(1, 15))
def test_what_is_kept_of_a_history(statuses: list[str], limit: int) -> None:
    """Never more than the limit, the newest always, and only one is deployed afterwards."""
    every = revisions(*statuses)
    newest = every[-1]
    change = trim(every, newest, limit)
    kept = [one for one in every if one not in change.removed]
    assert newest in kept
    assert len(kept) <= limit
    assert [one.number for one in kept] == sorted(one.number for one in kept)
    assert {id(one) for one in change.superseded} == {id(one) for one in every[:-1] if one.status == "deployed"}


@given(
    values=st.dictionaries(st.text("ab", min_size=1), st.integers() | st.text(max_size=20) | st.none(), max_size=4),
    notes=st.text(max_size=30),
)
def test_a_revision_survives_its_secret(values: dict[str, object], notes: str) -> None:
    """What is recorded is read back: values, notes, stage, hooks, objects."""
    revision = Revision("rel", "ns", 3, "pending-upgrade", action="upgrade", stage="post", values=values, notes=notes)
    revision.hooks = [
        HookRun("h", "Job", config_map("h"), ["pre-install"], 2, ["hook-failed"], "t.yaml", "Running", "x")
    ]
    revision.take_objects([config_map("a", key="true"), config_map("b", key="12")])
    found = decode(encode(revision))
    assert (found.values, found.notes, found.stage, found.action) == (values, notes, "post", "upgrade")
    assert found.hooks == revision.hooks
    assert found.objects == revision.objects
    assert found.secret_name == "sh.helm.release.v1.rel.v3"
