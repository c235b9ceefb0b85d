"""What a quota reports, and when it may report less."""

from decimal import Decimal

from bouvier.controllers.quotas.counting import question
from bouvier.controllers.quotas.plan import plan, raised
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PODS, SERVICES


def quota(used=None, **hard):
    spec = {"hard": {name.replace("_", "."): value for name, value in hard.items()}}
    return {"metadata": {"name": "q"}, "spec": spec, "status": {"used": used} if used else {}}


def test_a_new_quota_gets_its_numbers():
    """Everything that is limited is measured, also what is not used."""
    made = plan(quota(pods="5", requests_memory="1Gi"), {"pods": Decimal(2)}, 0)
    assert made.status == {
        "hard": {"pods": "5", "requests.memory": "1Gi"},
        "used": {"pods": "2", "requests.memory": "0"},
    }


def test_less_is_believed_only_after_a_while():
    """A charge may be for an object that the cache does not show yet; more is believed at once."""
    charged = quota({"pods": "3", "secrets": "1"}, pods="5", secrets="9")
    made = plan(charged, {"pods": Decimal(2), "secrets": Decimal(4)}, 0.25)
    assert made.status["used"] == {"pods": "3", "secrets": "4"}
    assert made.again_seconds == 0.75
    later = plan(charged, {"pods": Decimal(2), "secrets": Decimal(4)}, 1.5)
    assert later.status["used"] == {"pods": "2", "secrets": "4"}
    assert later.again_seconds is None


def test_names_that_are_no_longer_limited_go():
    """A changed quota reports what it limits now."""
    assert plan(quota({"pods": "3"}, services="1"), {}, 9).status["used"] == {"services": "0"}


def test_a_charge_is_recognised():
    """Only growth counts as one."""
    assert raised(quota({"pods": "1"}), quota({"pods": "2"}))
    assert not raised(quota({"pods": "2"}), quota({"pods": "1"}))


def test_what_must_be_looked_at():
    """Names say which objects are read and which are merely counted."""
    made = quota(**{"requests_cpu": "1", "services_nodeports": "1", "requests_storage": "1", "count/jobs_batch": "1"})
    made["spec"]["hard"]["configmaps"] = "3"
    asked = question(made)
    assert asked.measured == {PODS, SERVICES, PERSISTENTVOLUMECLAIMS}
    assert asked.counted == {"count/jobs.batch": "jobs.batch", "configmaps": "configmaps"}
