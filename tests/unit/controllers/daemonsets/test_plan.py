"""Where daemon pods are made and given up, and what an update may cost."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.daemonsets.plan import Observed, plan
from bouvier.controllers.daemonsets.pods import host_of, new_pod, pinned
from bouvier.controllers.daemonsets.status import status
from tests.unit.controllers.making import NOW, ago, node, pod, template

HASH, OLD = "new", "old"


def daemon_set(**spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "log", "namespace": "ns", "uid": "uid-log", "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template(), **spec},
    }


def nodes(*names, **more):
    return {name: node(name, **more) for name in names}


def daemon(name, host, *, revision=HASH, **more):
    return pod(name, host=host, labels={"app": "web", "controller-revision-hash": revision}, **more)


def planned(made, hosts, pods):
    return plan(Observed(made, hosts, pods, HASH, NOW))


def test_each_host_without_pod_gets_one_and_doubles_go():
    """What is missing is made where it is missing; of two pods the older stays."""
    pods = [daemon("a", "h1", age=50), daemon("b", "h1", age=100)]
    made = planned(daemon_set(), nodes("h1", "h2"), pods)
    assert made.create == ["h2"]
    assert [p["metadata"]["name"] for p in made.delete] == ["a"]


def test_a_pod_on_its_way_counts_for_the_host_it_demands():
    """A pod that the scheduler has not yet placed is not made twice."""
    waiting = daemon("a", "") | {"spec": {"containers": [], "affinity": pinned(None, "h1")}}
    assert planned(daemon_set(), nodes("h1"), [waiting]).create == []


def test_an_ending_pod_is_waited_for():
    """The successor of a pod that still ends is made when it is gone: it may hold a port of the host."""
    ending = daemon("a", "h1", deletionTimestamp=ago(1))
    made = planned(daemon_set(), nodes("h1"), [ending])
    assert not made.create
    assert not made.delete


def test_taints_keep_new_pods_away_and_drive_old_ones_out():
    """NoSchedule leaves a running pod alone, NoExecute does not; daemons stay through outages."""
    quiet = nodes("h1", taints=[{"key": "quiet", "effect": "NoSchedule"}])
    assert not planned(daemon_set(), quiet, []).create
    assert not planned(daemon_set(), quiet, [daemon("a", "h1")]).delete
    closed = nodes("h1", taints=[{"key": "quiet", "effect": "NoExecute"}])
    assert len(planned(daemon_set(), closed, [daemon("a", "h1")]).delete) == 1
    lost = nodes("h1", taints=[{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}])
    assert planned(daemon_set(), lost, []).create == ["h1"]


def test_required_affinity_is_judged_here_and_replaced_in_the_pod():
    """Hosts are chosen by the template's terms; the pod then demands its host by name alone."""
    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    wanting = template()
    wanting["spec"]["affinity"] = affinity
    hosts = nodes("h1", "h2")
    hosts["h2"]["metadata"]["labels"] = {"disk": "ssd"}
    made = daemon_set(template=wanting)
    assert planned(made, hosts, []).create == ["h2"]
    new = new_pod(made, "h2", HASH)
    assert host_of(new) == "h2"
    assert "matchExpressions" not in str(new["spec"]["affinity"])


def test_ended_pods_are_named_for_replacement():
    """A failed or finished daemon pod is neither kept nor counted as present."""
    made = planned(daemon_set(), nodes("h1"), [daemon("a", "h1", phase="Failed", ready=False)])
    assert [p["metadata"]["name"] for p in made.failed] == ["a"]
    assert not made.create


@given(
    limit=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from(["act", "start", "go"]), st.integers(0, 9)), max_size=80),
)
def test_an_update_in_place_never_takes_more_than_the_limit(limit, steps):
    """Whatever the order of events, at most maxUnavailable hosts are without an available pod, and it ends."""
    made = daemon_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": limit}})
    world = Rollout(made, 6)
    for step, index in steps:
        getattr(world, step)(index)
        assert world.available() >= 6 - limit
    world.finish()
    assert {p["metadata"]["labels"]["controller-revision-hash"] for p in world.pods} == {HASH}
    assert sorted(host_of(p) for p in world.pods) == sorted(world.hosts)


@given(
    limit=st.integers(1, 4),
    steps=st.lists(st.tuples(st.sampled_from(["act", "start", "go"]), st.integers(0, 9)), max_size=80),
)
def test_an_update_with_surge_never_lacks_a_pod(limit, steps):
    """With maxSurge every host always has an available pod, and no more hosts than allowed have two."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": limit, "maxUnavailable": 0}}
    world = Rollout(daemon_set(updateStrategy=strategy), 6)
    for step, index in steps:
        getattr(world, step)(index)
        assert world.available() == 6
        living = [p for p in world.pods if not p["metadata"].get("deletionTimestamp")]
        assert len(living) <= 6 + limit
    world.finish()
    assert len(world.pods) == 6
    assert {p["metadata"]["labels"]["controller-revision-hash"] for p in world.pods} == {HASH}


def test_status_counts_the_oldest_pod_of_each_host():
    """Desired, scheduled, ready, updated and misplaced pods are told apart."""
    hosts = nodes("h1", "h2", "h3") | nodes("h4", taints=[{"key": "quiet", "effect": "NoSchedule"}])
    pods = [daemon("a", "h1"), daemon("b", "h2", ready=False, revision=OLD), daemon("d", "h4")]
    made = daemon_set()
    found = status(made, planned(made, hosts, pods), HASH, NOW)
    assert found["desiredNumberScheduled"] == 3
    assert (found["currentNumberScheduled"], found["numberReady"], found["numberUnavailable"]) == (2, 1, 2)
    assert (found["updatedNumberScheduled"], found["numberMisscheduled"]) == (1, 1)


class Rollout:
    """Hosts whose pods are to be replaced, moved on in any order."""

    def __init__(self, made, count):
        self.set = made
        self.hosts = nodes(*(f"h{index}" for index in range(count)))
        self.pods = [daemon(f"old-{host}", host, revision=OLD) for host in self.hosts]
        self.made = 0

    def act(self, _index):
        wanted = planned(self.set, self.hosts, self.pods)
        for host in wanted.create:
            self.made += 1
            self.pods.append(daemon(f"p{self.made}", host, ready=False, age=0))
        for gone in wanted.delete:
            gone["metadata"]["deletionTimestamp"] = ago(0)

    def start(self, index):
        waiting = [p for p in self.pods if p["status"]["conditions"][0]["status"] != "True"]
        if waiting:
            waiting[index % len(waiting)]["status"]["conditions"][0]["status"] = "True"

    def go(self, index):
        ending = [p for p in self.pods if p["metadata"].get("deletionTimestamp")]
        if ending:
            self.pods.remove(ending[index % len(ending)])

    def finish(self):
        for _ in range(40):
            for step in (self.act, self.start, self.go):
                step(0)

    def available(self):
        serving = {
            host_of(p)
            for p in self.pods
            if p["status"]["conditions"][0]["status"] == "True" and not p["metadata"].get("deletionTimestamp")
        }
        return len(serving)
