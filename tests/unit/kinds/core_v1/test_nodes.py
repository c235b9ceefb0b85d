"""Hosts."""

from tests.unit.kinds.making import errors_of, kind_named, row_of, update_errors_of

KIND = kind_named("nodes")


def node(spec=None, status=None, labels=None):
    return {"metadata": {"name": "one", "labels": labels or {}}, "spec": spec or {}, "status": status or {}}


def test_the_state_and_roles():
    """Ready or not, closed or open, and what the host is for."""
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    found = row_of(KIND, node({"unschedulable": True}, ready, {"node-role.kubernetes.io/control-plane": ""}))
    assert (found["Status"], found["Roles"]) == ("Ready,SchedulingDisabled", "control-plane")
    lost = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
    assert row_of(KIND, node(status=lost))["Status"] == "NotReady"
    assert row_of(KIND, node())["Status"] == "Unknown"
    assert row_of(KIND, node())["Roles"] == "<none>"


def test_addresses():
    """The first address of each kind."""
    addresses = [{"type": "Hostname", "address": "one"}, {"type": "InternalIP", "address": "10.0.0.1"}]
    found = row_of(KIND, node(status={"addresses": addresses}))
    assert (found["Internal-IP"], found["External-IP"]) == ("10.0.0.1", "<none>")


def test_taints():
    """A taint has a key and a known effect, once."""
    assert errors_of(KIND, node({"taints": [{"key": "a", "effect": "NoSchedule"}]})) == []
    assert errors_of(KIND, node({"taints": [{"key": "a", "effect": "Never"}]})) == [
        (
            'spec.taints[0].effect: Unsupported value: "Never": '
            'supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"'
        )
    ]
    twice = [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule", "value": "x"}]
    assert errors_of(KIND, node({"taints": twice}))[0].startswith("spec.taints[1]: Duplicate value")


def test_the_address_range_stays():
    """Pods have addresses from it."""
    old = node({"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24"]})
    assert update_errors_of(KIND, old, node()) == []
    assert "may not change podCIDR" in update_errors_of(KIND, node(), old)[0]
