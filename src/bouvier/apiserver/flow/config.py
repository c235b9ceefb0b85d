"""From FlowSchemas and PriorityLevelConfigurations to what decides: schemas in order, levels with their seats.

Levels live on when their objects change: requests run and wait in them. One whose object is gone stays until it is empty.
Objects that do not fit together are ignored, and the mandatory ones are imagined where they are missing. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bouvier.apiserver.flow.queues import QueueSet
from bouvier.apiserver.flow.seats import Seats, Share, Wish, divide
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.kinds.flowcontrol_v1.flowschemas import precedence
from bouvier.meta.objects import Obj, name_of


@dataclass(slots=True, eq=False)
class Level:
    """One priority level at work."""

    name: str
    uid: str = ""
    is_exempt: bool = False
    deck: int = 0
    """Number of queues; 0 for a level that refuses what it has no seat for."""
    hand: int = 0
    is_leaving: bool = False
    """Whether its object is gone: nothing new comes, what waits is still served."""
    share: Share = field(default_factory=lambda: Share(0, 0, 0))
    queues: QueueSet = field(default_factory=lambda: QueueSet(1))

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing runs and nothing waits."""
        return not self.share.used and not self.queues.waiting


@dataclass(frozen=True, slots=True)
class Schema:
    """One FlowSchema at work."""

    name: str
    uid: str
    level: Level
    method: str
    """`ByUser`, `ByNamespace`, or empty: one flow."""
    rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that decides about requests."""

    schemas: Sequence[Schema]
    """In order of precedence; the last one takes everything."""
    levels: Mapping[str, Level]
    seats: Seats


def configure(
    total: int, levels: Iterable[Obj], schemas: Iterable[Obj], former: Mapping[str, Level] | None = None
) -> Configuration:
    """Return the configuration that objects make, its levels with what runs and waits in the former ones."""
    usable = {name_of(one): one for one in _with(born.MANDATORY_LEVELS, levels) if _is_sound(one)}
    former = former or {}
    working = {name: _level(obj, former.get(name)) for name, obj in usable.items()}
    leaving = {name: level for name, level in former.items() if name not in working and not level.is_idle}
    for level in leaving.values():
        level.is_leaving = True
    wishes = {name: _wish(obj["spec"]) for name, obj in usable.items()}
    wishes |= {name: Wish(level.share.nominal, 0) for name, level in leaving.items()}
    everything = working | leaving
    for name, share in divide(total, wishes).items():
        share.used = everything[name].share.used
        everything[name].share = share
    found = sorted(_with(born.MANDATORY_SCHEMAS, schemas), key=precedence)
    used = [_schema(obj, working[_level_name(obj)]) for obj in found if _level_name(obj) in working]
    return Configuration(used, everything, Seats(total, [level.share for level in everything.values()]))


def dangling(schema: Obj, levels: Iterable[Obj]) -> bool:
    """Tell whether a FlowSchema's level does not exist, or cannot be used."""
    return _level_name(schema) not in {name_of(one) for one in levels if _is_sound(one)}


def _with(mandatory: Iterable[Obj], found: Iterable[Obj]) -> list[Obj]:
    by_name = {name_of(one): one for one in (*mandatory, *found)}
    return list(by_name.values())


def _level_name(schema: Obj) -> str:
    return str((schema["spec"].get("priorityLevelConfiguration") or {}).get("name", ""))


def _is_sound(level: Obj) -> bool:
    spec = level.get("spec") or {}
    is_exempt = spec.get("type") == "Exempt"
    return is_exempt == (name_of(level) == born.EXEMPT) == (not spec.get("limited"))


def _wish(spec: Mapping[str, Any]) -> Wish:
    part = spec.get("limited") or spec.get("exempt") or {}
    borrowing = part.get("borrowingLimitPercent")
    return Wish(part.get("nominalConcurrencyShares") or 0, part.get("lendablePercent") or 0, borrowing)


def _level(obj: Obj, former: Level | None) -> Level:
    level = former or Level(name_of(obj))
    limited = obj["spec"].get("limited") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    level.uid = obj["metadata"].get("uid", "")
    level.is_exempt = obj["spec"].get("type") == "Exempt"
    level.is_leaving = False
    level.deck, level.hand = queuing.get("queues", 0), queuing.get("handSize", 0)
    level.queues.length_limit = queuing.get("queueLengthLimit", 1)
    return level


def _schema(obj: Obj, level: Level) -> Schema:
    spec = obj["spec"]
    method = (spec.get("distinguisherMethod") or {}).get("type", "")
    return Schema(name_of(obj), obj["metadata"].get("uid", ""), level, method, spec.get("rules") or ())
