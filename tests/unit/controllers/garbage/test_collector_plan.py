"""The fate of single objects."""

import pytest

from bouvier.controllers.garbage.collector_plan import (
    Delete,
    Disown,
    LookAt,
    Nothing,
    OrphanDependents,
    OwnerState,
    RemoveFinalizer,
    Unblock,
    plan,
)
from bouvier.controllers.garbage.graph import FOREGROUND, ORPHAN, Owner, Vertex

ALIVE, ABSENT, WAITING = OwnerState.ALIVE, OwnerState.ABSENT, OwnerState.WAITING


def item(*owners, blocks=True, **more):
    references = tuple(Owner("v1", "ConfigMap", uid, uid, blocks) for uid in owners)
    return Vertex("me", "v1", "ConfigMap", "ns", "me", owners=references, **more)


def child(uid="c", **more):
    return Vertex(
        uid, "v1", "ConfigMap", "ns", uid, owners=(Owner("v1", "ConfigMap", "me", "me", blocks=True),), **more
    )


@pytest.mark.parametrize(
    ("states", "action"),
    [
        ({"a": ALIVE}, Nothing()),
        ({"a": ABSENT}, Delete("Background")),
        ({"a": ALIVE, "b": ABSENT}, Disown(frozenset("b"))),
        ({"a": ALIVE, "b": WAITING}, Disown(frozenset("b"))),
        ({"a": WAITING}, Delete("Background")),
    ],
)
def test_owners_decide(states, action):
    """One living owner is enough to stay."""
    assert plan(item(*states), states, []) == action


def test_finalizers_choose_how_an_object_is_deleted():
    """What its user asked for at an earlier deletion holds."""
    assert plan(item("a", finalizers=(ORPHAN,)), {"a": ABSENT}, []) == Delete("Orphan")
    assert plan(item("a", finalizers=(FOREGROUND,)), {"a": ABSENT}, []) == Delete("Foreground")


def test_a_waiting_owner_passes_its_patience_on():
    """Foreground deletion goes down the whole tree."""
    assert plan(item("a"), {"a": WAITING}, [child()]) == Delete("Foreground")
    circle = child(deleting=True, finalizers=(FOREGROUND,))
    assert plan(item("a"), {"a": WAITING}, [circle]) == Unblock()


def test_an_owner_waits_for_blocking_dependents_only():
    """Then its finalizer goes."""
    waiting = item(deleting=True, finalizers=(FOREGROUND,))
    assert plan(waiting, {}, [child()]) == LookAt(("c",))
    loose = Vertex("d", "v1", "ConfigMap", "ns", "d", owners=(Owner("v1", "ConfigMap", "me", "me", blocks=False),))
    assert plan(waiting, {}, [loose]) == RemoveFinalizer(FOREGROUND)


def test_an_orphaning_owner_lets_its_dependents_go():
    """All of them."""
    assert plan(item(deleting=True, finalizers=(ORPHAN,)), {}, [child()]) == OrphanDependents((child(),))


def test_objects_without_owners_and_those_on_their_way_are_left_alone():
    """Nothing to do."""
    assert plan(item(), {}, []) == Nothing()
    assert plan(item("a", deleting=True), {"a": ABSENT}, []) == Nothing()
