"""Which tasks of a workload start and which end next, as a Deployment rolls (pure).

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bouvier.clusters.driver import Fields


@dataclass(frozen=True, slots=True)
class Wish:
    """A workload as our framework should run it."""

    key: str
    """Uid of the object, or the name of the service for a forwarder."""
    fields: Fields
    template: str
    """Hash of all fields but the size."""
    surge: int = 1
    unavailable: int = 0
    recreate: bool = False
    ended: str = ""
    """Of a pod: the state in which its last task ended by itself; empty when none has."""


@dataclass(frozen=True, slots=True)
class Run:
    """A task of a workload that has not ended."""

    id: str
    template: str
    agent: str
    ready: bool
    ending: bool = False
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now."""

    kill: tuple[str, ...] = ()
    start: int = 0
    start_on: tuple[str, ...] = ()
    """Agents that each get one, for workloads of one task an agent."""


def step(wish: Wish, runs: Sequence[Run], agents: Collection[str]) -> Step:
    """Return the next step; `agents` are those that take tasks."""
    if wish.fields.get("global"):
        return _on_every_agent(wish, runs, agents)
    if "host" in wish.fields:
        return _one_pod(wish, runs)
    wanted = int(wish.fields.get("replicas", 0))
    present = [run for run in runs if not run.ending]
    new = [run for run in present if run.template == wish.template]
    old = [run for run in present if run.template != wish.template]
    surplus = _first_to_go(new)[: max(0, len(new) - wanted)]
    if not old:
        is_waiting = wish.recreate and any(run.template != wish.template for run in runs)
        return Step(kill=_ids(surplus), start=0 if is_waiting else max(0, wanted - len(new)))
    if wish.recreate:
        return Step(kill=_ids([*old, *surplus]))
    most = wanted + wish.surge
    start = max(0, min(wanted - len(new), most - len(present)))
    return Step(kill=_ids([*_replaceable(wish, wanted, new, old), *surplus]), start=start)


def _replaceable(wish: Wish, wanted: int, new: Sequence[Run], old: Sequence[Run]) -> list[Run]:
    """Return old tasks that may go: those that serve nobody, and ready ones beyond the least that must stay."""
    idle = [run for run in old if not run.ready]
    serving = [run for run in _first_to_go(old) if run.ready]
    least = wanted - wish.unavailable
    spare = sum(run.ready for run in new) + len(serving) - least
    return [*idle, *serving[: max(0, spare)]]


def _on_every_agent(wish: Wish, runs: Sequence[Run], agents: Collection[str]) -> Step:
    """Replace one by one: the next is ended when all others are ready. Agents that are held keep theirs."""
    present = [run for run in runs if not run.ending]
    kill: list[Run] = []
    by_agent: dict[str, list[Run]] = {}
    for run in present:
        by_agent.setdefault(run.agent, []).append(run)
    for members in by_agent.values():
        kill += [run for run in sorted(members, key=_age) if run not in kill][1:]
    held = {run.agent for run in runs}
    missing = tuple(sorted(agent for agent in agents if agent not in held))
    old = [run for run in present if run.template != wish.template and run.agent in agents and run not in kill]
    idle = [run for run in old if not run.ready]
    others_ready = all(run.ready for run in present) and not missing and len(present) == len(runs)
    kill += idle or (old[:1] if others_ready else [])
    return Step(kill=_ids(kill), start_on=missing)


def _one_pod(wish: Wish, runs: Sequence[Run]) -> Step:
    """Keep one task on the pod's own host; whether it is started again after its end the pod says."""
    if not wish.fields.get("replicas"):
        return Step(kill=_ids([run for run in runs if not run.ending]))
    if runs:
        return Step(kill=_ids([run for run in runs if run.template != wish.template and not run.ending]))
    return Step(start_on=(wish.fields["host"],)) if starts_again(wish.fields, wish.ended) else Step()


def starts_again(fields: Fields, ended: str) -> bool:
    """Tell whether a pod whose last task ended so gets another one: what its host took away it does not."""
    match fields.get("restarts", ""):
        case "never":
            return not ended
        case "on-failure":
            return ended in ("", "TASK_FAILED")
    return ended in ("", "TASK_FAILED", "TASK_FINISHED")


def _age(run: Run) -> float:
    return run.began


def _first_to_go(runs: Sequence[Run]) -> list[Run]:
    """Return tasks in the order in which they may be missed: not ready ones, then the youngest."""
    return sorted(runs, key=lambda run: (run.ready, -run.began))


def _ids(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.id for run in runs))
