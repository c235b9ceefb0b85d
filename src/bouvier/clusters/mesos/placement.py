"""Which offer a task is started from, and why others do not serve (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bouvier.clusters.driver import Fields
from bouvier.clusters.mesos.observe import ports, scalars


@dataclass(slots=True)
class Offered:
    """What is left of the offers of one agent while tasks are placed."""

    agent: str
    hostname: str
    attributes: Mapping[str, str]
    offers: tuple[str, ...]
    cpu: int
    """Thousandths."""
    memory: int
    """MiB."""
    ports: list[tuple[int, int]]
    role: str = "*"

    def take(self, fields: Fields) -> list[int]:
        """Take a task's share away and return its host ports."""
        self.cpu -= fields["cpu"]
        self.memory -= fields["memory"]
        chosen: list[int] = []
        for number, _, _ in fields.get("ports") or ():
            chosen.append(number if fields.get("global") and fields.get("fixed_ports") else self._next_port(chosen))
        self.ports = _without(self.ports, chosen)
        return chosen

    def _next_port(self, chosen: Sequence[int]) -> int:
        return next(n for begin, end in reversed(self.ports) for n in range(end, begin - 1, -1) if n not in chosen)


def gathered(offers: Iterable[Mapping[str, Any]]) -> list[Offered]:
    """Return offers by agent."""
    by_agent: dict[str, list[Mapping[str, Any]]] = {}
    for offer in offers:
        by_agent.setdefault(offer["agent_id"]["value"], []).append(offer)
    return [_offered(agent, members) for agent, members in sorted(by_agent.items())]


def _offered(agent: str, offers: Sequence[Mapping[str, Any]]) -> Offered:
    resources = [r for offer in offers for r in offer.get("resources") or () if _is_usable(r)]
    amounts = scalars(resources)
    attributes = {a["name"]: _text(a) for a in offers[0].get("attributes") or ()}
    return Offered(
        agent=agent,
        hostname=offers[0].get("hostname", ""),
        attributes=attributes,
        offers=tuple(offer["id"]["value"] for offer in offers),
        cpu=int(amounts.get("cpus", 0.0) * 1000 + 1e-6),
        memory=int(amounts.get("mem", 0.0)),
        ports=sorted(ports(resources)),
        role=str((offers[0].get("allocation_info") or {}).get("role", "*")),
    )


def _is_usable(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource is neither reserved nor may be taken back."""
    return not resource.get("reservations") and not resource.get("revocable")


def _text(attribute: Mapping[str, Any]) -> str:
    value = (attribute.get("text") or attribute.get("scalar") or {}).get("value", "")
    return str(value)


def refusal(fields: Fields, offered: Offered, hosts: Counter[str]) -> str:
    """Return why a task cannot start there, empty when it can; `hosts` counts its workload's tasks by agent."""
    if offered.cpu < fields["cpu"]:
        return "not enough processor"
    if offered.memory < fields["memory"]:
        return "not enough memory"
    needed = fields.get("ports") or ()
    if fields.get("fixed_ports"):
        if not all(any(begin <= port[0] <= end for begin, end in offered.ports) for port in needed):
            return "its port is not offered"
    elif sum(end - begin + 1 for begin, end in offered.ports) < len(needed):
        return "not enough ports"
    values = {**offered.attributes, "hostname": offered.hostname}
    for name, operator, value in fields.get("constraints") or ():
        if operator == "UNIQUE" and hosts[offered.agent]:
            return "one of its tasks is there already"
        if operator == "LIKE" and re.fullmatch(value, values.get(name, "")) is None:
            return f"{name} is not {value}"
    return ""


def choose(fields: Fields, offers: Sequence[Offered], hosts: Counter[str]) -> tuple[Offered | None, str]:
    """Return the agent with the fewest tasks of the workload among those that serve, or why none does."""
    reasons: Counter[str] = Counter()
    fitting = []
    for offered in offers:
        reason = refusal(fields, offered, hosts)
        if reason:
            reasons[reason] += 1
        else:
            fitting.append(offered)
    if fitting:
        return min(fitting, key=lambda o: (hosts[o.agent], -o.cpu, o.agent)), ""
    if not reasons:
        return None, "no agent offers anything at the moment"
    return None, "no offer fits: " + ", ".join(f"{reason} ({count} agents)" for reason, count in reasons.most_common())


def _without(ranges: Sequence[tuple[int, int]], taken: Iterable[int]) -> list[tuple[int, int]]:
    left = list(ranges)
    for number in taken:
        for index, (begin, end) in enumerate(left):
            if begin <= number <= end:
                parts = [(begin, number - 1), (number + 1, end)]
                left[index : index + 1] = [part for part in parts if part[0] <= part[1]]
                break
    return left
