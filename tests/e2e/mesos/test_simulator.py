"""The simulator, seen by clients that others wrote: `marathon` and `avmesos`."""

import collections
import threading
import uuid
from collections import abc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from avmesos.client import MesosClient
from marathon import MarathonClient, MarathonHttpError
from marathon.models import MarathonApp
from marathon.models.container import MarathonContainer, MarathonContainerPortMapping, MarathonDockerContainer

from tests.e2e.platform.conftest import until
from tests.support.mesos import Mesos

IMAGE = "bouvier/sample"
MesosClient.WAIT_TIME = 0.1


@pytest.fixture
def marathon(mesos: Mesos, monkeypatch: pytest.MonkeyPatch) -> Iterator[MarathonClient]:
    # The client uses a name that Python 3.10 took out of `collections`.
    monkeypatch.setattr(collections, "Iterable", abc.Iterable, raising=False)
    client = MarathonClient(mesos.marathon)
    yield client
    client.session.close()
    client.sse_session.close()


def app_of(version: str, instances: int) -> MarathonApp:
    docker = MarathonDockerContainer(image=f"{IMAGE}:{version}")
    mapping = MarathonContainerPortMapping(container_port=8080, host_port=0)
    container = MarathonContainer(type="DOCKER", docker=docker, port_mappings=[mapping])
    return MarathonApp(
        instances=instances,
        env={"PORT": "8080"},  # else the sample would listen where Marathon's variable says
        cpus=0.1,
        mem=32,
        container=container,
        networks=[{"mode": "container/bridge"}],
        task_kill_grace_period_seconds=1,
    )


def page(marathon: MarathonClient, address_of: dict[str, str], app: str) -> list[str]:
    """Return what each task of an app answers on its host port."""
    found = marathon.get_app(app, embed_tasks=True).tasks
    return [requests.get(f"http://{address_of[t.host]}:{t.ports[0]}/", timeout=5).text for t in found]


@pytest.fixture
def address_of(mesos: Mesos) -> dict[str, str]:
    return {"one": mesos.address, "two": mesos.address.rpartition(".")[0] + ".3"}


def test_an_app_is_made_scaled_updated_and_rolled_back(marathon: MarathonClient, address_of: dict[str, str]) -> None:
    """The client `marathon` leads an app of real containers through its whole life."""
    marathon.create_app("walk", app_of("1", 1))
    first = marathon.get_app("walk").version
    until(lambda: marathon.get_app("walk").tasks_running == 1, "one task")
    marathon.scale_app("walk", instances=3)
    until(lambda: not marathon.list_deployments(), "the end of the deployment")
    assert marathon.get_app("walk").tasks_running == 3
    answers = page(marathon, address_of, "walk")
    assert len(answers) == 3
    assert all(" 1 " in f" {text} " for text in answers)

    marathon.update_app("walk", app_of("2", 3))
    until(lambda: not marathon.list_deployments(), "the end of the update")
    assert all(" 2 " in f" {text} " for text in page(marathon, address_of, "walk"))
    marathon.rollback_app("walk", first)
    until(lambda: not marathon.list_deployments(), "the end of the rollback")
    app = marathon.get_app("walk")
    assert app.container.docker.image == f"{IMAGE}:1"
    assert len(marathon.list_versions("walk")) == 4
    marathon.delete_app("walk")
    until(lambda: "/walk" not in [a.id for a in marathon.list_apps()], "the end of the app")


def test_a_deployment_that_cannot_end_is_undone(marathon: MarathonClient) -> None:
    """A second change is refused while one is on its way; deleting the deployment brings the old version back."""
    marathon.create_app("stuck", app_of("1", 1))
    until(lambda: not marathon.list_deployments(), "the first version")
    marathon.update_app("stuck", app_of("does-not-exist", 1))
    with pytest.raises(MarathonHttpError, match="locked"):
        marathon.scale_app("stuck", instances=2)
    until(lambda: marathon.get_app("stuck", embed_last_task_failure=True).last_task_failure, "a failure")
    marathon.delete_deployment(marathon.list_deployments()[0].id)
    until(lambda: not marathon.list_deployments(), "the return")
    app = marathon.get_app("stuck")
    assert (app.container.docker.image, app.tasks_running) == (f"{IMAGE}:1", 1)
    marathon.delete_app("stuck")
    until(lambda: not marathon.list_apps(), "the end of the app")


def test_an_unhealthy_task_is_replaced(marathon: MarathonClient) -> None:
    """A task whose health check fails is killed, and another one takes its place."""
    check = {"protocol": "COMMAND", "command": {"value": "test -f /tmp/well"}, "delaySeconds": 0}
    check |= {"intervalSeconds": 0.2, "maxConsecutiveFailures": 2, "gracePeriodSeconds": 0}
    docker = {"type": "MESOS", "docker": {"image": "bouvier/busybox:1"}}
    body = {"id": "/ill", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "healthChecks": [check], "container": docker}
    url = f"{marathon.servers[0]}/v2/apps"
    assert requests.post(url, json=body, timeout=5).status_code == 201
    first = until(lambda: requests.get(f"{url}/ill", timeout=5).json()["app"]["tasks"], "a task")[0]["id"]

    def others() -> list[str]:
        return [t["id"] for t in requests.get(f"{url}/ill", timeout=5).json()["app"]["tasks"] if t["id"] != first]

    until(others, "the next task")
    marathon.delete_app("ill", force=True)
    until(lambda: not marathon.list_apps(), "the end of the app")


def test_events_are_streamed(marathon: MarathonClient) -> None:
    """The client sees what happens to an app as events."""
    seen: list[str] = []

    def listen() -> None:
        for event in marathon.event_stream():
            seen.append(event.event_type)
            if event.event_type == "deployment_success":
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    until(lambda: "event_stream_attached" in seen, "the stream")
    marathon.create_app("told", MarathonApp(cmd="sleep 1000", instances=1, cpus=0.1, mem=32))
    until(lambda: "deployment_success" in seen, "the end of the deployment")
    assert "status_update_event" in seen
    marathon.delete_app("told", force=True)
    listener.join(10)


class Scheduler:
    """A framework on `avmesos` that starts each given task once."""

    def __init__(self, url: str, tasks: list[dict[str, Any]]) -> None:
        self.client = MesosClient([url], frameworkName="independent", frameworkUser="root", max_reconnect=1)
        self.states: dict[str, list[str]] = {task["task_id"]["value"]: [] for task in tasks}
        self.messages: list[dict[str, Any]] = []
        self._tasks = list(tasks)
        self.client.on(MesosClient.OFFERS, self._offers)
        self.client.on(MesosClient.UPDATE, self._update)
        self._thread = threading.Thread(target=self.client.register, daemon=True)
        self._thread.start()

    def _offers(self, offers: list[Any]) -> None:
        for offer in offers:
            if not self._tasks:
                offer.decline({"filters": {"refuse_seconds": 1}})
                continue
            task = self._tasks.pop()
            offer.accept([{**task, "agent_id": offer.get_offer()["agent_id"]}], {"filters": {"refuse_seconds": 0}})

    def _update(self, update: dict[str, Any]) -> None:
        status = update["status"]
        self.messages.append(status)
        self.states[status["task_id"]["value"]].append(status["state"])

    def stop(self) -> None:
        self.client.get_driver().tearDown()
        self.client.disconnect_framework()
        self._thread.join(10)


def task_of(command: str, **more: Any) -> dict[str, Any]:
    amounts = {"cpus": 0.1, "mem": 32.0}
    return {
        "name": "independent",
        "task_id": {"value": str(uuid.uuid4())},
        "resources": [{"name": n, "type": "SCALAR", "scalar": {"value": v}} for n, v in amounts.items()],
        "command": {"value": command},
        **more,
    }


@pytest.fixture
def run(mesos: Mesos) -> Iterator[Callable[..., Scheduler]]:
    made: list[Scheduler] = []

    def start(*tasks: dict[str, Any], url: str = "") -> Scheduler:
        made.append(Scheduler(url or mesos.master, list(tasks)))
        return made[-1]

    yield start
    for scheduler in made:
        scheduler.stop()


def test_a_framework_runs_tasks(run: Callable[..., Scheduler]) -> None:
    """The client `avmesos` subscribes, accepts offers, and is told how its tasks end."""
    good, bad = task_of("echo done"), task_of("exit 3")
    scheduler = run(good, bad)
    ended = until(
        lambda: all("TASK_" in (s[-1] if s else "") and len(s) > 2 for s in scheduler.states.values()), "ends"
    )
    assert ended
    assert scheduler.states[good["task_id"]["value"]] == ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]
    assert scheduler.states[bad["task_id"]["value"]] == ["TASK_STARTING", "TASK_RUNNING", "TASK_FAILED"]
    assert "status 3" in scheduler.messages[-1].get("message", "") + scheduler.messages[-2].get("message", "")


def test_a_framework_kills_and_reconciles(run: Callable[..., Scheduler]) -> None:
    """A killed task ends as such; reconciliation tells present states, and of unknown tasks that they are lost."""
    task = task_of("sleep 1000")
    scheduler, name = run(task), task["task_id"]["value"]
    until(lambda: "TASK_RUNNING" in scheduler.states[name], "the running task")
    driver = scheduler.client.get_driver()
    scheduler.states["nobody"] = []
    driver.reconcile([{"task_id": {"value": name}}, {"task_id": {"value": "nobody"}}])
    until(lambda: scheduler.states["nobody"] == ["TASK_LOST"], "what is unknown")
    assert scheduler.states[name].count("TASK_RUNNING") == 2
    driver.kill(scheduler.messages[0]["agent_id"]["value"], name)
    until(lambda: scheduler.states[name][-1] == "TASK_KILLED", "the end")


def test_a_standby_master_leads_to_the_leader(mesos: Mesos, run: Callable[..., Scheduler]) -> None:
    """Operator calls to a master that does not lead are redirected."""
    answer = requests.post(f"{mesos.standby}/api/v1", json={"type": "GET_MASTER"}, allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"//{mesos.address}:5050/api/v1")


def test_wrong_calls_are_refused(mesos: Mesos) -> None:
    """Calls without a subscription, with a wrong stream, or of no sense get the status that Mesos gives."""
    url = f"{mesos.master}/api/v1/scheduler"
    revive = {"type": "REVIVE", "framework_id": {"value": "nobody"}}
    assert requests.post(url, json=revive, timeout=5).status_code == 403
    assert requests.post(url, data=b"x", headers={"Content-Type": "application/json"}, timeout=5).status_code == 400
    assert requests.post(url, data=b"x", headers={"Content-Type": "text/plain"}, timeout=5).status_code == 415
