"""The matrix of hosts."""

from bouvier.cli.commands.network import matrix


def node(name, ready="True"):
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def report(name, **states):
    return {
        "metadata": {"name": name},
        "driver": "ipsec",
        "peers": [{"name": peer, "state": state} for peer, state in states.items()],
    }


def test_every_pair_has_a_row() -> None:
    """Both directions of a pair are told apart, and a host that has not told yet is untested."""
    rows = matrix([node("b"), node("a"), node("c")], [report("a", b="established", c="unreachable")])
    assert [(r["from"], r["to"], r["state"]) for r in rows] == [
        ("a", "b", "established"),
        ("a", "c", "unreachable"),
        ("b", "a", "untested"),
        ("b", "c", "untested"),
        ("c", "a", "untested"),
        ("c", "b", "untested"),
    ]


def test_a_host_that_is_gone_is_not_believed() -> None:
    """What a lost host said last is shown as unknown."""
    rows = matrix([node("a", "Unknown"), node("b")], [report("a", b="established"), report("b", a="unreachable")])
    assert [r["state"] for r in rows] == ["unknown", "unreachable"]
