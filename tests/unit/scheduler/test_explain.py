import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.scheduler.explain import explain, host_refusals, refusals, snapshot_of
from tests.unit.scheduler.naive import World
from tests.unit.scheduler.objects import HOST, node, node_lists, on, pod, pods_drawn

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def test_kubernetes_message() -> None:
    """The line is the one that Kubernetes writes: counted reasons, sorted."""
    nodes = [
        node("n0", cpu="1"),
        node("n1", cpu="1"),
        node("n2", taints=[{"key": "team", "value": "b", "effect": "NoSchedule"}]),
        node("n3", unschedulable=True),
        node("n4", pods="0"),
    ]
    explanation = explain(pod(cpu="2"), nodes, [])
    assert explanation.message == (
        "0/5 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {team: b}, "
        "1 node(s) were unschedulable, 2 Insufficient cpu."
    )
    assert (explanation.chosen, explanation.points, explanation.hosts) == ("", {}, 5)


def test_no_hosts() -> None:
    """Without any host the message says so."""
    assert explain(pod(), [], []).message == "no nodes available to schedule pods"


def test_every_host_says_what_would_help() -> None:
    """Each refused host comes with a remedy that names the cause on that host."""
    term = {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": HOST}
    waiting = pod(
        "w",
        cpu="1500m",
        memory="1Gi",
        labels={"app": "db"},
        nodeSelector={"disk": "ssd"},
        ports=[{"hostPort": 80}],
        affinity={"podAntiAffinity": {REQUIRED: [term]}},
    )
    ssd = {"disk": "ssd"}
    nodes = [
        node("cordoned", labels=ssd, unschedulable=True),
        node("far", labels=ssd),
        node("full", labels=ssd, cpu="2"),
        node("hdd", labels={"disk": "hdd"}),
        node("port", labels=ssd),
        node("small", labels=ssd, cpu="1"),
        node("tainted", labels=ssd, taints=[{"key": "k", "value": "v", "effect": "NoExecute"}]),
        node("unlabelled"),
        node("z-good", labels=ssd),
    ]
    pods = [
        on(pod("db", labels={"app": "db"}), "far"),
        on(pod("big", cpu="1"), "full"),
        on(pod("web", ports=[{"hostPort": 80}]), "port"),
    ]
    explanation = explain(waiting, nodes, pods)
    assert explanation.chosen == "z-good"
    assert explanation.message == "would be assigned to z-good"
    assert set(explanation.points) == {"z-good"}
    assert {refusal.host: refusal.help for refusal in explanation.refusals} == {
        "cordoned": "kubectl uncordon cordoned",
        "far": "it must not run where pods with app=db run, by kubernetes.io/hostname",
        "full": "cpu: 1500m asked, 1000m of 2000m free; free 500m more",
        "hdd": "spec.nodeSelector demands disk=ssd, the host has disk=hdd",
        "port": "host port 80/TCP is taken by x/web; choose another port or a Service",
        "small": "cpu: 1500m asked, 1000m of 1000m free; the host can never take it",
        "tainted": "add the toleration {key: k, value: v, effect: NoExecute} to the pod, or kubectl taint node tainted k:NoExecute-",
        "unlabelled": "spec.nodeSelector demands disk=ssd, the host has no label disk",
    }


def test_required_affinity_names_all_ways_in() -> None:
    """When no term matches, the help lists what each would need."""
    terms = [
        {"matchExpressions": [{"key": "size", "operator": "Gt", "values": ["3"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["other"]}]},
    ]
    waiting = pod(affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}})
    (refusal,) = explain(waiting, [node("n0", labels={"size": "2"})], []).refusals
    assert (
        refusal.help
        == "required node affinity demands size>3, the host has size=2 or metadata.name=other, the host is n0"
    )
    assert refusal.reasons == ("node(s) didn't match Pod's node affinity/selector",)


def test_states_of_the_pod() -> None:
    """A pod with a host and a gated pod are told apart from one that waits."""
    assert explain(on(pod(), "n0"), [node("n0")], []).message == "already assigned to n0"
    gated = pod(schedulingGates=[{"name": "example.com/quota"}])
    assert explain(gated, [node("n0")], []).message == "waits for its scheduling gates to be removed: example.com/quota"


def test_finished_pods_hold_nothing() -> None:
    """Succeeded and failed pods take no room."""
    done = on(pod(cpu="1"), "n0") | {"status": {"phase": "Succeeded"}}
    assert explain(pod(cpu="1"), [node("n0", cpu="1")], [done]).chosen == "n0"


@settings(max_examples=150, deadline=None)
@given(node_lists(), st.lists(st.tuples(pods_drawn(), st.integers(0, 6)), max_size=8), pods_drawn())
def test_every_host_is_counted_once(nodes: list, placed: list, waiting: dict) -> None:
    """Hosts that fit and hosts refused are all hosts; the counts in the line add up to the refused (more only where a host is short of several resources)."""
    pods = [on(p, f"n{number % len(nodes)}") for p, number in placed]
    snapshot = snapshot_of(nodes, pods)
    shape = snapshot.shapes.shape_of(waiting)
    refused = host_refusals(snapshot, shape)
    world = World(nodes, pods)
    assert {r.host: r.filter for r in refused} == {n: f for n in world.nodes if (f := world.first_refusal(waiting, n))}
    assert all(r.help and r.reasons for r in refused)
    if len(refused) == len(nodes):
        counts = [int(count) for count in re.findall(r"(?:: |, )(\d+) ", refusals(snapshot, shape).message)]
        assert sum(counts) == sum(len(r.reasons) for r in refused)
        assert all(len(r.reasons) == 1 or r.filter == "NodeResourcesFit" for r in refused)
