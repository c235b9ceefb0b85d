from typing import Any

from bouvier.stacks.build import StackPlan, plan_of
from bouvier.stacks.compose.loading import Source
from bouvier.stacks.rollout import Step, changes, next_step, owned

STACK: dict[str, Any] = {
    "apiVersion": "stacks.bouvier.io/v1",
    "kind": "Stack",
    "metadata": {"name": "s", "namespace": "s", "uid": "u"},
    "spec": {},
}
TEXT = "services: {db: {image: 'db:V'}, web: {image: 'web:V', depends_on: [db]}, log: {image: 'log:V'}}"


def plan(version: int = 1, text: str = TEXT) -> StackPlan:
    return plan_of("s", Source((text.replace("V", str(version)),)))


class World:
    """Children as an API and a Deployment controller would keep them."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict] = {}

    def step(self, wished: StackPlan, *, paused: bool = False) -> Step:
        step = next_step({**STACK, "spec": {"paused": paused}}, wished, list(self.objects.values()))
        for obj in step.apply:
            place = obj["kind"], obj["metadata"]["name"]
            before = self.objects.get(place, {"metadata": {"generation": 0}, "status": {}})
            metadata = {**obj["metadata"], "generation": before["metadata"].get("generation", 0) + 1}
            self.objects[place] = {**obj, "metadata": metadata, "status": before["status"]}
        for obj in step.remove:
            del self.objects[obj["kind"], obj["metadata"]["name"]]
        return step

    def become_ready(self) -> None:
        for obj in self.objects.values():
            if obj["kind"] == "Deployment":
                count = obj["spec"]["replicas"]
                obj["status"] = {
                    "observedGeneration": obj["metadata"]["generation"],
                    "replicas": count,
                    "updatedReplicas": count,
                    "availableReplicas": count,
                }

    def settle(self, wished: StackPlan) -> list[list[str]]:
        """Return the workloads that each step applied, until all is complete."""
        steps = []
        while not (step := self.step(wished)).is_complete or step.remove:
            steps.append([one["metadata"]["name"] for one in step.apply if one["kind"] == "Deployment"])
            self.become_ready()
            assert len(steps) < 20
        return [names for names in steps if names]


def test_services_start_together_and_are_upgraded_one_after_another() -> None:
    """What is needed comes first; an upgrade waits until the one before is complete."""
    world = World()
    assert world.settle(plan(1)) == [["db", "log", "web"]]
    assert world.settle(plan(2)) == [["db"], ["log"], ["web"]]


def test_a_service_waits_for_health() -> None:
    """`service_healthy` holds the start back until all replicas are ready."""
    text = "services: {db: {image: x}, web: {image: y, depends_on: {db: {condition: service_healthy}}}}"
    assert World().settle(plan(1, text)) == [["db"], ["web"]]


def test_a_paused_stack_changes_nothing_and_holds_what_is_under_way() -> None:
    """The Deployment in the middle of its batches is paused too, and continues afterwards."""
    world = World()
    world.settle(plan(1))
    world.step(plan(2))
    step = world.step(plan(2), paused=True)
    assert step.apply == []
    assert "db" in [one["metadata"]["name"] for one in step.pause]
    assert step.services["db"].state == "paused"
    world.objects["Deployment", "db"]["spec"]["paused"] = True
    assert [one["metadata"]["name"] for one in world.step(plan(2)).resume] == ["db"]


def test_what_is_no_longer_asked_for_goes_last() -> None:
    """A removed service stays until the others are complete."""
    world = World()
    world.settle(plan(1))
    less = plan(2, TEXT.replace("log: {image: 'log:V'}", ""))
    assert world.step(less).remove == []
    world.settle(less)
    assert ("Deployment", "log") not in world.objects
    assert ("Service", "log") not in world.objects


def test_a_failed_service_stops_the_upgrade() -> None:
    """The others keep what they have, and the sentence says which one failed."""
    world = World()
    world.settle(plan(1))
    world.step(plan(2))
    failing = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    db = world.objects["Deployment", "db"]
    db["status"] |= {"observedGeneration": db["metadata"]["generation"], "conditions": [failing]}
    step = world.step(plan(2))
    assert step.apply == []
    assert step.services["db"].state == "failed"
    assert step.services["web"].message == "waits to be upgraded: db first"


def test_a_plan_lists_what_would_be_done() -> None:
    """Created, changed, kept and removed."""
    world = World()
    world.settle(plan(1))
    wished = plan(1, TEXT.replace("'web:V'", "'web:9'").replace("log: {image: 'log:V'}", "new: {image: n}"))
    found = {(one.kind, one.name): one.action for one in changes(STACK, wished, list(world.objects.values()))}
    assert found["Deployment", "db"] == "keep"
    assert found["Deployment", "web"] == "change"
    assert found["Deployment", "new"] == "create"
    assert found["Deployment", "log"] == "remove"


def test_children_are_owned() -> None:
    """The garbage collector removes them with the stack."""
    obj = owned(STACK, plan().services["db"].workload)
    assert obj["metadata"]["ownerReferences"][0]["uid"] == "u"
