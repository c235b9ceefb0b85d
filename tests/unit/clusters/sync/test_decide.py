"""Who wins: our object or what was changed natively."""

import pytest

from bouvier.clusters.driver import APPLIED, Loss, Translation, Workload, digest
from bouvier.clusters.sync.decide import decide


class Driver:
    adopted_fields = ("replicas", "image")


def obj(applied="", **spec):
    return {"metadata": {"name": "web", "uid": "u", "annotations": {APPLIED: applied}}, "spec": spec}


def live(**fields):
    return Workload("id", "default_web", "Deployment", "u", fields)


WANTED = {"replicas": 2, "image": "web:1"}


@pytest.mark.parametrize(
    ("applied", "running", "verb"),
    [
        ("", None, "put"),
        ("", WANTED, "keep"),
        (digest(WANTED), {"replicas": 3, "image": "web:1"}, "take"),
        ("of an older wish", {"replicas": 3, "image": "web:1"}, "put"),
        ("", {"replicas": 3, "image": "web:1"}, "put"),
    ],
)
def test_the_side_that_changed_wins(applied, running, verb) -> None:
    """A native change counts only if our wish is still the one that was brought out last."""
    found = live(**running) if running else None
    assert decide(obj(applied), Translation(WANTED), found, Driver(), strict=False).verb == verb


def test_strict_refuses_what_is_lost() -> None:
    """A strict cluster runs nothing with a loss, and names the field."""
    lossy = Translation(WANTED, (Loss("spec.x", "no counterpart"),))
    assert decide(obj(), lossy, None, Driver(), strict=False).verb == "put"
    refused = decide(obj(), lossy, None, Driver(), strict=True)
    assert refused.verb == "refuse"
    assert "spec.x" in refused.wanted.refusal


def test_a_paused_rollout_changes_its_size_only() -> None:
    """While paused, a new image waits and a new size does not."""
    wanted = Translation({"replicas": 5, "image": "web:2"})
    decision = decide(obj(paused=True), wanted, live(**WANTED), Driver(), strict=False)
    assert decision.wanted.fields == {"replicas": 5, "image": "web:1"}
