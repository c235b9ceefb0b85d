"""Events."""

from tests.unit.kinds.making import errors_of, kind_named, row_of

KIND = kind_named("events")


def event(**fields):
    about = {"kind": "Pod", "name": "web", "namespace": "x"}
    return {"metadata": {"name": "a", "namespace": "x"}, "involvedObject": about, **fields}


def test_an_event_lives_with_its_object():
    """Events about objects without a namespace live in the default one."""
    assert errors_of(KIND, event()) == []
    assert errors_of(KIND, event(involvedObject={"kind": "Pod", "namespace": "y"})) == [
        'involvedObject.namespace: Invalid value: "y": does not match event.namespace'
    ]
    about_host = event(involvedObject={"kind": "Node", "name": "one"})
    about_host["metadata"]["namespace"] = "default"
    assert errors_of(KIND, about_host) == []


def test_cells():
    """What, about what, by whom, how often."""
    found = row_of(
        KIND,
        event(type="Warning", reason="Failed", message="no\n", count=3, source={"component": "node", "host": "one"}),
    )
    assert (found["Object"], found["Message"], found["Count"], found["Source"]) == ("pod/web", "no", 3, "node, one")


def test_field_selectors():
    """`kubectl describe` finds an object's events by these."""
    obj = event(reportingComponent="scheduler")
    assert KIND.selectable["involvedObject.name"](obj) == "web"
    assert KIND.selectable["source"](obj) == "scheduler"
