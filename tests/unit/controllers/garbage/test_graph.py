"""Who must be looked at when something changes."""

from bouvier.controllers.garbage.graph import FOREGROUND, Graph, Owner, Vertex


def made(uid, *owners, **more):
    return Vertex(uid, "v1", "X", "ns", uid, owners=tuple(Owner("v1", "X", o, o, blocks=True) for o in owners), **more)


def test_unknown_owners_are_verified_and_known_ones_are_not():
    """At start dependents may come before their owners."""
    graph = Graph()
    assert graph.put(made("child", "owner")) == {"owner"}
    assert graph.get("owner").virtual
    assert graph.put(made("owner")) == set()
    assert graph.put(made("other", "owner")) == set()
    assert {v.uid for v in graph.dependents("owner")} == {"child", "other"}


def test_the_end_of_an_owner_concerns_its_dependents():
    """And the end of a dependent concerns an owner that waits for it."""
    graph = Graph()
    graph.put(made("owner"))
    graph.put(made("child", "owner"))
    waiting = made("owner", deleting=True, finalizers=(FOREGROUND,))
    assert graph.put(waiting) == {"owner"}
    assert graph.remove("child") == {"owner"}
    graph.put(made("late", "owner"))
    assert graph.remove("owner") == {"late"}


def test_a_changed_reference_moves_the_dependent():
    """The old owner has one dependent less; the object itself is judged anew."""
    graph = Graph()
    for uid in ("a", "b"):
        graph.put(made(uid))
    graph.put(made("child", "a"))
    assert graph.put(made("child", "b")) == {"child"}
    assert graph.dependents("a") == []
    assert [v.uid for v in graph.dependents("b")] == ["child"]
    assert graph.put(made("child", "b")) == set()
