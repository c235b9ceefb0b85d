"""From configurations to Builds, whose turn it is, and what of the history stays."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.kinds.build_v1 import builds
from bouvier.kinds.build_v1.generating import build_of, copy_of, image_sources, outdated, turns
from bouvier.meta.objects import Obj, name_of
from tests.unit.kinds.build_v1.test_buildconfigs import config

PHASES = st.lists(st.sampled_from(builds.PHASES), max_size=12)


def made(phases: list[str]) -> list[Obj]:
    found = [build_of(config(), {}, number) for number in range(1, len(phases) + 1)]
    for build, phase in zip(found, phases, strict=True):
        build["status"]["phase"] = phase
    return found


def test_a_build_carries_what_its_configuration_says() -> None:
    """Name, labels, owner, spec and cause are OpenShift's."""
    build = build_of(config(), {"revision": {"type": "Git", "git": {"commit": "abc"}}}, 3)
    assert name_of(build) == "shop-3"
    assert build["metadata"]["labels"][builds.CONFIG_LABEL] == "shop"
    assert build["metadata"]["ownerReferences"][0]["kind"] == "BuildConfig"
    assert build["spec"]["revision"]["git"]["commit"] == "abc"
    assert build["spec"]["triggeredBy"] == [{"message": "Manually triggered"}]
    assert builds.validate(build) == []
    assert "triggers" not in build["spec"]


def test_environment_and_uploads_come_from_the_request() -> None:
    """A request may add environment and bring the source itself; the configuration stays as it is."""
    origin = config()
    build = build_of(origin, {"env": [{"name": "A", "value": "1"}], "binary": {}}, 1)
    assert build["spec"]["strategy"]["dockerStrategy"]["env"] == [{"name": "A", "value": "1"}]
    assert build["spec"]["source"] == {"type": "Binary", "binary": {}}
    assert origin["spec"]["strategy"]["dockerStrategy"] == {}


def test_a_copy_starts_anew() -> None:
    """A clone has the spec and nothing of the status."""
    build = build_of(config(), {}, 1)
    build["status"]["phase"] = "Failed"
    assert copy_of(build, "again")["status"]["phase"] == "New"


@given(PHASES)
def test_serial_builds_never_run_together(phases: list[str]) -> None:
    """At most one starts, none beside one that runs, and the oldest first."""
    decided = turns(made(phases), "Serial")
    busy = any(phase in ("Pending", "Running") for phase in phases)
    waiting = [f"shop-{n}" for n, phase in enumerate(phases, 1) if phase == "New"]
    assert decided.start == (() if busy else tuple(waiting[:1]))
    assert decided.drop == ()


@given(PHASES)
def test_latest_only_keeps_the_newest(phases: list[str]) -> None:
    """Of the waiting ones all but the newest are dropped."""
    decided = turns(made(phases), "SerialLatestOnly")
    waiting = [f"shop-{n}" for n, phase in enumerate(phases, 1) if phase == "New"]
    assert decided.drop == tuple(waiting[:-1])
    assert set(decided.start) <= set(waiting[-1:])


@given(PHASES, st.integers(0, 4), st.integers(0, 4))
def test_history_keeps_the_newest_of_each_outcome(phases: list[str], good: int, bad: int) -> None:
    """Nothing that has not ended goes, and as many stay as the limits say."""
    gone = outdated(made(phases), good, bad)
    left = [phase for n, phase in enumerate(phases, 1) if f"shop-{n}" not in gone]
    assert left.count("Complete") == min(good, phases.count("Complete"))
    assert all(phases[int(name[5:]) - 1] in builds.FINAL for name in gone)


def test_an_image_change_follows_the_strategy_unless_it_names_its_own() -> None:
    """A trigger without an image means the one that the strategy starts from."""
    origin = {"kind": "ImageStreamTag", "name": "base:1"}
    spec = config(
        strategy={"dockerStrategy": {"from": origin}},
        triggers=[
            {"type": "ImageChange", "imageChange": {}},
            {
                "type": "ImageChange",
                "imageChange": {"from": {"kind": "ImageStreamTag", "name": "x:2", "namespace": "b"}},
            },
            {"type": "ImageChange", "imageChange": {"paused": True}},
        ],
    )
    assert [source[:3] for source in image_sources(spec)] == [(0, "web", "base:1"), (1, "b", "x:2")]


def test_a_final_phase_and_the_spec_are_held() -> None:
    """Nobody revives a build or changes what was built; the commit may be added."""
    old = build_of(config(), {}, 1)
    old["status"]["phase"] = "Failed"
    new = build_of(config(), {"revision": {"git": {"commit": "a"}}}, 1)
    assert [error.field for error in builds.validate_update(new, old)] == ["status.phase"]
    new["spec"]["output"] = {}
    assert [error.field for error in builds.validate_update(new, old)] == ["spec", "status.phase"]
