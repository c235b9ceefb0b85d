"""From objects to what decides."""

import copy

from bouvier.apiserver.flow.config import configure, dangling
from bouvier.apiserver.flow.queues import Waiter
from bouvier.kinds.flowcontrol_v1 import born

LEVELS = (*born.MANDATORY_LEVELS, *born.SUGGESTED_LEVELS)
SCHEMAS = (*born.MANDATORY_SCHEMAS, *born.SUGGESTED_SCHEMAS)


def named(objects, name):
    return copy.deepcopy(next(one for one in objects if one["metadata"]["name"] == name))


def test_schemas_are_asked_in_their_order():
    """By precedence, then by name; the last one takes everything."""
    order = [schema.name for schema in configure(128, LEVELS, reversed(SCHEMAS)).schemas]
    assert order[:3] == ["exempt", "probes", "system-leader-election"]
    assert order.index("kube-controller-manager") < order.index("kube-scheduler")
    assert order[-1] == "catch-all"


def test_mandatory_objects_are_imagined():
    """Without any object there is still who is exempt and what everybody else may."""
    configuration = configure(128, (), ())
    assert [schema.name for schema in configuration.schemas] == ["exempt", "catch-all"]
    assert configuration.levels["catch-all"].share.nominal == 128


def test_a_schema_without_its_level_is_passed_over():
    """Its requests go to the next schema that means them, and it is dangling."""
    stray = named(SCHEMAS, "probes") | {"metadata": {"name": "stray"}}
    stray["spec"]["priorityLevelConfiguration"]["name"] = "nowhere"
    assert "stray" not in [schema.name for schema in configure(128, LEVELS, [*SCHEMAS, stray]).schemas]
    assert dangling(stray, LEVELS)
    assert not dangling(named(SCHEMAS, "probes"), LEVELS)


def test_levels_live_on():
    """What runs and waits stays when an object changes; a level whose object is gone stays until it is empty."""
    before = configure(128, LEVELS, SCHEMAS)
    level = before.levels["workload-low"]
    before.seats.take(level.share, 3)
    level.queues.enqueue((1,), Waiter(1, None, 0.0))
    changed = named(LEVELS, "workload-low")
    changed["spec"]["limited"]["nominalConcurrencyShares"] = 10
    after = configure(128, [changed, *LEVELS[:-2]], SCHEMAS, before.levels)
    assert after.levels["workload-low"] is level
    assert (level.share.used, level.queues.waiting) == (3, 1)
    assert level.share.nominal < 53

    without = [one for one in LEVELS if one["metadata"]["name"] != "workload-low"]
    gone = configure(128, without, SCHEMAS, after.levels)
    assert gone.levels["workload-low"].is_leaving
    assert "service-accounts" not in [schema.name for schema in gone.schemas]
    gone.seats.give_back(level.share, 3)
    level.queues.dispatch()
    assert "workload-low" not in configure(128, without, SCHEMAS, gone.levels).levels
