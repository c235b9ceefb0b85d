"""What a migration says about itself."""

from bouvier.controllers.garbage.discovery import Served
from bouvier.controllers.migrations.plan import found, has_ended, reported
from bouvier.meta.gvk import Resource

NOW, LATER = "2030-01-01T00:00:00Z", "2030-01-01T00:00:09Z"


def test_running_then_ended():
    """Running is taken back when the end is known, and keeps its moment while nothing changes."""
    running = {"status": reported({}, "Running", NOW, revision="7")}
    again = {"status": reported(running, "Running", LATER)}
    assert again == running
    assert not has_ended(running)
    ended = {"status": reported(running, "Succeeded", LATER)}
    assert has_ended(ended)
    assert ended["status"]["resourceVersion"] == "7"
    states = {one["type"]: (one["status"], one["lastTransitionTime"]) for one in ended["status"]["conditions"]}
    assert states == {"Succeeded": ("True", LATER), "Running": ("False", LATER)}


def test_only_what_can_be_written_is_migrated():
    """The preferred version counts; resources that are only read are not found."""
    every = frozenset({"get", "list", "patch"})
    first, second = (Served(Resource("g", version, "things", "Thing"), every) for version in ("v2", "v1"))
    assert found([first, second], "g", "things") == first
    assert found([Served(first.resource, frozenset({"get"}))], "g", "things") is None
    assert found([first], "", "things") is None
