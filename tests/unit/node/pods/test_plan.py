"""What is done next for a pod: plans as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bouvier.engine.states import Phase
from bouvier.meta.objects import Obj
from bouvier.node.pods.actions import Action, RemoveContainer
from bouvier.node.pods.identity import Role
from bouvier.node.pods.plan import plan
from bouvier.node.pods.seen import Failure, ProbeView, Seen
from tests.support.pods import BOX, NOW, container, pod, record, sandbox, seen

APP = container()
CREATED, RUNNING, EXITED = Phase.CREATED, Phase.RUNNING, Phase.EXITED


def show(action: Action) -> str:
    """Return an action as one short line."""
    name = type(action).__name__
    fields = {f: getattr(action, f) for f in action.__dataclass_fields__ if f not in {"key", "why", "role", "sandbox"}}
    if "deadline" in fields:
        fields["deadline"] = f"+{fields['deadline'] - NOW:g}"
    return " ".join([name, *(str(value) for value in fields.values())])


def steps(of: Obj, what: Seen) -> list[str]:
    return [show(action) for action in plan(of, what, NOW).actions]


def test_a_new_pod_begins_with_volumes_and_sandbox() -> None:
    """Both are prepared side by side."""
    assert steps(pod(), Seen()) == ["PrepareVolumes", "CreateSandbox 0"]


def test_the_container_is_created_while_the_sandbox_starts() -> None:
    """Creating needs the sandbox's id only."""
    assert steps(pod(), seen(sandbox(CREATED), addresses=None)) == [f"StartSandbox {BOX}", "CreateContainer app 0 0"]


def test_the_container_starts_when_the_network_is_attached() -> None:
    """Neither a starting sandbox nor one without network is enough."""
    made = record(APP, CREATED)
    assert steps(pod(), seen(sandbox(CREATED), made, addresses=None, busy=frozenset({"sandbox"}))) == []
    assert steps(pod(), seen(sandbox(), made, addresses=None)) == [f"AttachNetwork {BOX} 77"]
    assert steps(pod(), seen(sandbox(), made)) == ["StartContainer app app-0"]


def test_an_environment_with_the_address_waits_for_it() -> None:
    """A container whose environment names the pod's address is created after the network is attached."""
    app = container(env=[{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}])
    assert steps(pod(app), seen(sandbox(CREATED), addresses=None)) == [f"StartSandbox {BOX}"]
    assert steps(pod(app), seen(sandbox())) == ["CreateContainer app 0 0"]


def test_a_running_pod_needs_nothing() -> None:
    """A healthy container is never touched, also not by an agent that has just begun."""
    assert steps(pod(), seen(sandbox(), record(APP, RUNNING))) == []
    assert steps(pod(), Seen(records=seen(sandbox(), record(APP, RUNNING)).records)) == [
        "PrepareVolumes",
        f"AttachNetwork {BOX} 77",
    ]


def test_host_network_needs_no_attachment() -> None:
    """A pod on the host's network starts without an address of its own."""
    assert steps(pod(hostNetwork=True), seen(sandbox(), record(APP, CREATED), addresses=None)) == [
        "StartContainer app app-0"
    ]


def test_images() -> None:
    """A missing image is pulled; policy Always pulls once for each start."""
    assert steps(pod(), seen(sandbox(), images=frozenset())) == ["PullImage app image:1 0"]
    always = container(imagePullPolicy="Always")
    assert steps(pod(always), seen(sandbox())) == ["PullImage app image:1 0"]
    assert steps(pod(always), seen(sandbox(), pulled=frozenset({("app", 0)}))) == ["CreateContainer app 0 0"]
    ended = record(always, EXITED, code=1)
    assert steps(pod(always), seen(sandbox(), ended, pulled=frozenset({("app", 0)}))) == ["PullImage app image:1 1"]


def test_failed_work_waits_for_its_time() -> None:
    """Nothing is tried before its retry time, and the plan says when to look again."""
    failure = Failure("ErrImagePull", "no", NOW - 1, NOW + 9)
    result = plan(pod(), seen(sandbox(), images=frozenset(), failures={"image:app": failure}), NOW)
    assert result.actions == []
    assert result.wake_at == NOW + 9


def test_restarts() -> None:
    """The first restart is immediate, the second waits 10 s, the third 20 s; a long run starts over."""
    assert steps(pod(), seen(sandbox(), record(APP, EXITED, code=1))) == ["CreateContainer app 1 1"]
    second = plan(pod(), seen(sandbox(), record(APP, EXITED, attempt=1, level=1, started=-3, ended=-2)), NOW)
    assert (second.actions, second.wake_at) == ([], NOW + 8)
    third = plan(pod(), seen(sandbox(), record(APP, EXITED, attempt=2, level=2, started=-3, ended=-2)), NOW)
    assert third.wake_at == NOW + 18
    assert steps(pod(), seen(sandbox(), record(APP, EXITED, attempt=2, level=2, started=-900))) == [
        "CreateContainer app 3 1"
    ]


def test_restart_policies() -> None:
    """OnFailure restarts failures only, Never nothing; a pod that has ended gives its sandbox back."""
    failed, done = record(APP, EXITED, code=1), record(APP, EXITED)
    assert steps(pod(restartPolicy="OnFailure"), seen(sandbox(), failed)) == ["CreateContainer app 1 1"]
    assert steps(pod(restartPolicy="OnFailure"), seen(sandbox(), done)) == [f"RemoveSandbox {BOX}"]
    assert steps(pod(restartPolicy="Never"), seen(sandbox(), failed)) == [f"RemoveSandbox {BOX}"]
    assert steps(pod(restartPolicy="Never"), seen(failed)) == []


def test_only_the_last_dead_container_is_kept() -> None:
    """Older ones are removed while the present one runs or waits."""
    old = [record(APP, EXITED, attempt=n, level=n, started=-3, ended=-2, code=1) for n in range(3)]
    assert steps(pod(), seen(sandbox(), *old)) == ["RemoveContainer app-0"]
    assert steps(pod(), seen(sandbox(), record(APP, RUNNING, attempt=3), *old)) == [
        "RemoveContainer app-1",
        "RemoveContainer app-0",
    ]


def test_unhealthy_and_changed_containers_are_stopped() -> None:
    """A failed liveness probe or a new image stops the container; the restart follows."""
    running = record(APP, RUNNING)
    sick = {"app-0": ProbeView(unhealthy="bad")}
    assert steps(pod(), seen(sandbox(), running, probes=sick)) == ["StopContainer app app-0 +30 True"]
    own = {"app-0": ProbeView(unhealthy="bad", grace_seconds=2)}
    assert steps(pod(), seen(sandbox(), running, probes=own)) == ["StopContainer app app-0 +2 True"]
    changed = container(image="image:2")
    assert steps(pod(changed), seen(sandbox(), running)) == ["StopContainer app app-0 +30 True"]


def test_a_dead_sandbox_is_replaced() -> None:
    """Its containers end first, then it is removed, then everything begins anew."""
    dead = sandbox(EXITED)
    assert steps(pod(), seen(dead, record(APP, RUNNING))) == ["StopContainer app app-0 +0 False"]
    assert steps(pod(), seen(dead, record(APP, EXITED))) == [f"RemoveSandbox {BOX}"]
    assert steps(pod(), seen(dead, record(APP, EXITED), busy=frozenset({"sandbox"}))) == []
    assert steps(pod(), seen(record(APP, EXITED))) == ["CreateSandbox 1"]
    assert steps(pod(), seen(sandbox(identifier="new"), record(APP, EXITED))) == ["CreateContainer app 1 0"]


def test_lost_containers_go_on_counting() -> None:
    """When the engine has lost a container, the restart count of the API is continued."""
    status = {"containerStatuses": [{"name": "app", "containerID": "docker://x", "restartCount": 4}]}
    assert steps(pod(status=status), seen(sandbox())) == ["CreateContainer app 5 0"]


def test_what_never_ran_is_not_counted_as_restarted() -> None:
    """A sandbox that does not start takes its created containers with it, again and again."""
    entry = {"name": "app", "containerID": "docker://x", "restartCount": 0, "state": {"waiting": {}}, "lastState": {}}
    waiting = pod(status={"containerStatuses": [entry]})
    assert steps(waiting, seen(sandbox())) == ["CreateContainer app 0 0"]
    ran = pod(status={"containerStatuses": [entry | {"lastState": {"terminated": {"exitCode": 1}}}]})
    assert steps(ran, seen(sandbox())) == ["CreateContainer app 1 0"]
    left = record(APP, CREATED, sandbox="gone")
    assert steps(pod(), seen(sandbox(), left, busy=frozenset({"sandbox"}))) == [f"RemoveContainer {left.id}"]


def test_init_containers_run_in_order() -> None:
    """Each waits for the success of the one before; then the regular ones begin together."""
    one, two = container("one"), container("two")
    of = pod(APP, container("other"), init=[one, two])
    box, first = sandbox(), record(one, EXITED, role=Role.INIT)
    assert steps(of, seen(box)) == ["CreateContainer one 0 0"]
    assert steps(of, seen(box, record(one, RUNNING, role=Role.INIT))) == []
    assert steps(of, seen(box, first)) == ["CreateContainer two 0 0"]
    second = record(two, EXITED, role=Role.INIT)
    assert steps(of, seen(box, first, second)) == ["CreateContainer app 0 0", "CreateContainer other 0 0"]
    assert steps(of, seen(box, record(one, EXITED, role=Role.INIT, code=1))) == ["CreateContainer one 1 1"]


def test_a_failed_init_container_ends_a_pod_that_runs_once() -> None:
    """With policy Never nothing is tried again."""
    one = container("one")
    of = pod(init=[one], restartPolicy="Never")
    assert steps(of, seen(sandbox(), record(one, EXITED, role=Role.INIT, code=1))) == [f"RemoveSandbox {BOX}"]


def test_sidecars() -> None:
    """A sidecar starts before, is restarted beside, and is stopped after the regular containers, last one first."""
    a, b = container("a", restartPolicy="Always"), container("b", restartPolicy="Always", startupProbe={"exec": {}})
    of = pod(init=[a, b], restartPolicy="Never")
    run_a, run_b = record(a, RUNNING, role=Role.INIT), record(b, RUNNING, role=Role.INIT)
    box, up = sandbox(), {"b-0": ProbeView(started=True)}
    assert steps(of, seen(box)) == ["CreateContainer a 0 0"]
    assert steps(of, seen(box, run_a)) == ["CreateContainer b 0 0"]
    assert steps(of, seen(box, run_a, run_b)) == []
    assert steps(of, seen(box, run_a, run_b, probes=up)) == ["CreateContainer app 0 0"]
    app = record(APP, RUNNING)
    assert steps(of, seen(box, record(a, EXITED, role=Role.INIT), run_b, app, probes=up)) == ["CreateContainer a 1 1"]
    ended = record(APP, EXITED)
    assert steps(of, seen(box, run_a, run_b, ended, ending_since=NOW)) == ["StopContainer b b-0 +30 True"]
    assert steps(of, seen(box, run_a, ended, ending_since=NOW)) == ["StopContainer a a-0 +30 True"]


def deleted(of: Obj, grace: int = 30) -> Obj:
    of["metadata"] |= {"deletionTimestamp": "2027-01-15T08:00:00Z", "deletionGracePeriodSeconds": grace}
    return of


def test_deletion() -> None:
    """Containers are stopped until the deadline, then the pod is finished; nothing new begins."""
    of = deleted(pod(), 7)
    running = seen(sandbox(), record(APP, RUNNING), ending_since=NOW - 2)
    assert steps(of, running) == ["StopContainer app app-0 +5 True"]
    assert steps(of, seen(sandbox(), record(APP, EXITED), ending_since=NOW)) == ["FinishPod"]
    assert steps(of, seen(sandbox(CREATED), ending_since=NOW, busy=frozenset({"sandbox"}))) == []
    assert steps(of, Seen()) == ["FinishPod"]


def test_a_shorter_grace_period_hurries_a_stop() -> None:
    """A stop in progress begins anew, without its hook, when the deadline moves forward."""
    going = {"busy": frozenset({"container:app"}), "ending_since": NOW}
    late, soon = {"app": NOW + 600}, {"app": NOW + 1}
    of = deleted(pod(), 1)
    assert steps(of, seen(sandbox(), record(APP, RUNNING), stopping=late, **going)) == [
        "StopContainer app app-0 +1 False"
    ]
    assert steps(of, seen(sandbox(), record(APP, RUNNING), stopping=soon, **going)) == []


def test_a_deadline_ends_the_pod() -> None:
    """After activeDeadlineSeconds containers are stopped; before, the plan wakes for it."""
    status = {"startTime": "2027-01-15T07:59:00Z"}
    running = seen(sandbox(), record(APP, RUNNING))
    assert steps(pod(activeDeadlineSeconds=60, status=status), running) == ["StopContainer app app-0 +30 True"]
    assert plan(pod(activeDeadlineSeconds=90, status=status), running, NOW).wake_at == NOW + 30


phases = st.sampled_from(list(Phase))


@given(
    phases,
    st.lists(st.tuples(phases, st.integers(0, 2), st.booleans()), max_size=4),
    st.sampled_from(["Always", "OnFailure", "Never"]),
)
def test_keys_are_never_doubled(box: Phase, containers: list[tuple[Phase, int, bool]], policy: str) -> None:
    """Whatever is found, no two steps of one plan work on the same thing, and no live container is removed."""
    records = [
        record(APP, phase, attempt=number, code=code, sandbox=BOX if same else "other")
        for number, (phase, code, same) in enumerate(containers)
    ]
    actions = plan(pod(restartPolicy=policy), seen(sandbox(box), *records), NOW).actions
    keys = [action.key for action in actions]
    assert len(keys) == len(set(keys))
    running = {r.id for r in records if r.is_running}
    assert not running & {action.id for action in actions if isinstance(action, RemoveContainer)}
