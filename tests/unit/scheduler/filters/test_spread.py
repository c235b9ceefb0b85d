from bouvier.scheduler.explain import snapshot_of
from bouvier.scheduler.filters import spread
from tests.unit.scheduler.objects import ZONE, node, on, pod

APP = {"app": "a"}
NODES = [
    node("a1", labels={ZONE: "a"}),
    node("b1", labels={ZONE: "b"}),
    node("c1", labels={ZONE: "c", "disk": "hdd"}, taints=[{"key": "k", "effect": "NoSchedule"}]),
    node("none"),
]


def allowed(pods: list, **fields: object) -> list[str]:
    constraint = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"} | fields
    constraint.setdefault("labelSelector", {"matchLabels": APP})
    waiting = pod(labels=APP, nodeSelector={}, topologySpreadConstraints=[constraint])
    snapshot = snapshot_of(NODES, pods)
    mask = spread.check(snapshot, snapshot.shapes.shape_of(waiting))
    return [name for name, row in snapshot.row_of.items() if mask[row]]


def test_the_fullest_domain_is_closed() -> None:
    """One more pod in a zone that is ahead by maxSkew is refused; a host without the label always is."""
    assert allowed([on(pod(labels=APP), "a1")]) == ["b1", "c1"]
    assert allowed([on(pod(labels=APP), "a1")], maxSkew=2) == ["a1", "b1", "c1"]


def test_taints_policy() -> None:
    """A domain that only tainted hosts have counts as empty, unless nodeTaintsPolicy honours taints."""
    pods = [on(pod(labels=APP), "a1"), on(pod(labels=APP), "b1")]
    assert allowed(pods) == ["c1"]
    assert allowed(pods, nodeTaintsPolicy="Honor") == ["a1", "b1", "c1"]


def test_min_domains() -> None:
    """With fewer domains than minDomains the least is taken to be 0."""
    pods = [on(pod(labels=APP), host) for host in ("a1", "b1", "c1")]
    assert allowed(pods, minDomains=3) == ["a1", "b1", "c1"]
    assert allowed(pods, minDomains=4) == []


def test_a_pod_outside_its_own_group() -> None:
    """A pod that the selector does not mean is not counted as one more."""
    pods = [on(pod(labels={"app": "b"}), "a1")]
    assert allowed(pods, labelSelector={"matchLabels": {"app": "b"}}) == ["a1", "b1", "c1"]


def test_remedy_has_the_numbers() -> None:
    """The help names the domain, its count, the least and the limit."""
    constraint = {
        "topologyKey": ZONE,
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": APP},
    }
    snapshot = snapshot_of(NODES, [on(pod(labels=APP), "a1")])
    shape = snapshot.shapes.shape_of(pod(labels=APP, topologySpreadConstraints=[constraint]))
    text = spread.remedy(snapshot, shape, snapshot.row_of["a1"])
    assert text == f"{ZONE}=a has 1 such pods, the emptiest domain 0; make room there or raise maxSkew (1)"
    assert spread.remedy(snapshot, shape, snapshot.row_of["none"]) == f"give the host the label {ZONE}"
