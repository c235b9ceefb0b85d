"""What a scale hook does to its target. Pure."""

from __future__ import annotations

from bouvier.hooks.decision import Change, Outcome, Step, hindrance, made_by, mark, refused
from bouvier.meta.objects import Obj, name_of


def plan(receiver: Obj, call: str, live: Obj, autoscaler: str = "") -> Step | Outcome:
    """Return the step from the present size to the next, or why there is none.

    `autoscaler` names the HorizontalPodAutoscaler of the target, if there is one.
    """
    name, scale = name_of(receiver), receiver["spec"]["scale"]
    earlier = made_by(live, name, call)
    if earlier is not None:
        return Step(earlier, {}, is_made=True)
    if autoscaler:
        return refused(
            f"HorizontalPodAutoscaler/{autoscaler} decides about the size of {_text(live)}: remove it, or let a "
            "ScalingSchedule move its bounds"
        )
    if why := hindrance(live):
        return refused(why)
    before = int(live["spec"].get("replicas", 1))
    after = before + int(scale["by"])
    if not scale["min"] <= after <= scale["max"]:
        bounds = f"between {scale['min']} and {scale['max']}"
        return refused(f"{_text(live)} has {before} replicas; {after} are not {bounds} (spec.scale of the hook)")
    change = Change(live["kind"], name_of(live), str(before), str(after), live["apiVersion"])
    metadata = {
        "resourceVersion": live["metadata"]["resourceVersion"],
        "annotations": mark(name, call, change.before, change.after),
    }
    return Step(change, {"metadata": metadata, "spec": {"replicas": after}})


def _text(live: Obj) -> str:
    return f"{live['kind'].lower()}/{name_of(live)}"
