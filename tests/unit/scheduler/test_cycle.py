import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.scheduler.cycle import Cycle, Evaluation
from bouvier.scheduler.explain import explain, snapshot_of
from bouvier.scheduler.filters import ALL_FILTERS
from bouvier.scheduler.snapshot import Snapshot
from tests.unit.scheduler.naive import World
from tests.unit.scheduler.objects import HOST, ZONE, node, node_lists, on, pod, pods_drawn


def first_refusals(snapshot: Snapshot, waiting: dict) -> dict[str, str]:
    shape = snapshot.shapes.shape_of(waiting)
    found = dict.fromkeys(snapshot.row_of, "")
    for name, row in snapshot.row_of.items():
        found[name] = next((f.NAME for f in ALL_FILTERS if not f.check(snapshot, shape)[row]), "")
    return found


@settings(max_examples=150, deadline=None)
@given(node_lists(), st.lists(st.tuples(pods_drawn(), st.integers(0, 6)), max_size=8), pods_drawn())
def test_filters_agree_with_the_naive_reference(nodes: list, placed: list, waiting: dict) -> None:
    """Every host is refused by the same filter as when Kubernetes' rules are followed host by host."""
    pods = [on(p, f"n{number % len(nodes)}") for p, number in placed]
    world = World(nodes, pods)
    snapshot = snapshot_of(nodes, pods)
    assert first_refusals(snapshot, waiting) == {name: world.first_refusal(waiting, name) for name in world.nodes}


@settings(max_examples=150, deadline=None)
@given(
    node_lists(), st.lists(pods_drawn(), max_size=3), st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=14)
)
def test_placing_never_breaks_a_rule(nodes: list, kinds: list, steps: list) -> None:
    """Each pod placed, in a batch with kept evaluations, is one that the reference allows there, and none is left out that could be placed."""
    snapshot = snapshot_of(nodes, [])
    cycle = Cycle(snapshot)
    world = World(nodes, [])
    for number, (kind, leave) in enumerate(steps):
        if kind >= len(kinds):
            continue
        if leave and world.pods:
            gone = world.pods.pop(0)
            snapshot.remove_pod(gone["metadata"]["uid"])
        template = kinds[kind]
        waiting = template | {"metadata": template["metadata"] | {"name": f"q{number}", "uid": f"q{number}"}}
        fitting = [name for name in world.nodes if not world.first_refusal(waiting, name)]
        host = cycle.choose(snapshot.shapes.shape_of(waiting))
        assert (host is None and not fitting) or host in fitting
        if host is not None:
            snapshot.assume(waiting, snapshot.shapes.shape_of(waiting), host)
            world.pods.append(on(waiting, host))
            snapshot.set_pod(on(waiting, host))
            assert not snapshot.is_assumed(waiting["metadata"]["uid"])


@settings(max_examples=150, deadline=None)
@given(node_lists(), st.lists(pods_drawn(), min_size=1, max_size=3), st.lists(st.integers(0, 2), max_size=10))
def test_kept_evaluations_equal_fresh_ones(nodes: list, kinds: list, order: list) -> None:
    """What is brought up to date pod by pod is what a new evaluation of all hosts gives, points included."""
    snapshot = snapshot_of(nodes, [])
    cycle = Cycle(snapshot)
    for number, kind in enumerate(order):
        template = kinds[kind % len(kinds)]
        waiting = template | {"metadata": template["metadata"] | {"name": f"q{number}", "uid": f"q{number}"}}
        shape = snapshot.shapes.shape_of(waiting)
        kept, fresh = cycle.evaluation(shape), Evaluation(snapshot, shape)
        assert kept.choose() == fresh.choose()
        assert (kept.feasible == fresh.feasible).all()
        np.testing.assert_array_equal(kept.total[fresh.feasible], fresh.total[fresh.feasible])
        host = kept.choose()
        if host is not None:
            snapshot.assume(waiting, shape, host)


def place(nodes: list, waiting: list, pods: list | None = None) -> list[str | None]:
    snapshot = snapshot_of(nodes, pods or [])
    cycle = Cycle(snapshot)
    hosts = []
    for one in waiting:
        shape = snapshot.shapes.shape_of(one)
        host = cycle.choose(shape)
        if host:
            snapshot.assume(one, shape, host)
        hosts.append(host)
    return hosts


def test_hosts_fill_up_and_then_refuse() -> None:
    """Pods go to hosts until cpu is used up, exactly."""
    nodes = [node("n0", cpu="1"), node("n1", cpu="1")]
    hosts = place(nodes, [pod(cpu="400m") for _ in range(5)])
    assert sorted(map(str, hosts)) == ["None", "n0", "n0", "n1", "n1"]


def test_replicas_spread_over_hosts_and_zones() -> None:
    """Pods of one controller go to different hosts, first of different zones."""
    nodes = [node(f"n{i}", labels={ZONE: f"z{i % 2}"}) for i in range(4)]
    hosts = place(nodes, [pod(owner="rs", cpu="100m") for _ in range(4)])
    assert sorted(hosts) == ["n0", "n1", "n2", "n3"]
    assert {int(host[1]) % 2 for host in hosts[:2]} == {0, 1}


def test_pods_without_requests_do_not_pile_up() -> None:
    """Hosts full of pods that request nothing do not look empty."""
    nodes = [node("n0"), node("n1")]
    hosts = place(nodes, [pod() for _ in range(6)])
    assert hosts.count("n0") == hosts.count("n1") == 3


def test_preferences_decide() -> None:
    """Preferred node affinity, PreferNoSchedule taints, images and preferred pod affinity each move a pod."""
    plain = node("n0")
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    term = {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}
    wants_ssd = pod(affinity={"nodeAffinity": {preferred: [term]}})
    assert place([plain, node("n1", labels={"disk": "ssd"})], [wants_ssd]) == ["n1"]
    tainted = node("n0", taints=[{"key": "k", "effect": "PreferNoSchedule"}])
    assert place([tainted, node("n1")], [pod()]) == ["n1"]
    image = [{"names": ["app:1"], "sizeBytes": 900 << 20}]
    assert place([plain, node("n1", images=image)], [pod()]) == ["n1"]
    friend = on(pod(labels={"app": "db"}, cpu="1"), "n1")
    near = {"weight": 50, "podAffinityTerm": {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": HOST}}
    assert place([plain, node("n1")], [pod(affinity={"podAffinity": {preferred: [near]}})], [friend]) == ["n1"]
    assert place([node("n1"), plain], [pod(affinity={"podAntiAffinity": {preferred: [near]}})], [friend]) == ["n0"]


def test_namespace_selector() -> None:
    """Terms reach pods of other namespaces by the namespaces' labels."""
    namespaces = [{"metadata": {"name": name, "labels": {"team": name}}} for name in ("x", "y")]
    other = on(pod(namespace="y", labels={"app": "db"}), "n1")
    term = {
        "labelSelector": {"matchLabels": {"app": "db"}},
        "namespaceSelector": {"matchLabels": {"team": "y"}},
        "topologyKey": HOST,
    }
    waiting = pod(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
    snapshot = snapshot_of([node("n0"), node("n1")], [other], namespaces)
    cycle = Cycle(snapshot)
    shape = snapshot.shapes.shape_of(waiting)
    assert cycle.choose(shape) == "n1"
    snapshot.set_namespace("y", {"team": "z"})
    assert cycle.choose(shape) is None


def test_match_label_keys_narrow_the_group() -> None:
    """A spread constraint with matchLabelKeys counts only pods of the same revision."""
    constraint = {
        "topologyKey": HOST,
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "a"}},
        "matchLabelKeys": ["pod-template-hash"],
    }
    old = [on(pod(labels={"app": "a", "pod-template-hash": "1"}), "n0") for _ in range(3)]
    new = pod(labels={"app": "a", "pod-template-hash": "2"}, topologySpreadConstraints=[constraint])
    busy = on(pod(cpu="3900m"), "n1")
    assert place([node("n0"), node("n1")], [new], [*old, busy]) == ["n0"]
    del constraint["matchLabelKeys"]
    again = pod(labels={"app": "a", "pod-template-hash": "2"}, topologySpreadConstraints=[constraint])
    assert place([node("n0"), node("n1")], [again], [*old, busy]) == ["n1"]


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (
            {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]},
            'persistentvolumeclaim "c" not found',
        ),
        ({"resourceClaims": [{"name": "gpu"}]}, "resourceClaims"),
    ],
)
def test_what_cannot_be_honoured_is_not_placed(spec: dict, named: str) -> None:
    """A pod that asks for something unsupported waits, and the reason names it."""
    explanation = explain(pod(**spec), [node("n0")], [])
    assert explanation.chosen == ""
    assert named in explanation.message
