"""What a master answers, in common words."""

from typing import Any

import pytest

from bouvier.clusters.mesos import forwarders, observe


def task(state: str = "TASK_RUNNING", **more: Any) -> dict[str, Any]:
    statuses = [{"state": state, "timestamp": 1.0, **more.pop("status", {})}]
    return {
        "task_id": {"value": "t"},
        "framework_id": {"value": "f"},
        "agent_id": {"value": "a"},
        "name": "n",
        "state": state,
        "statuses": statuses,
        **more,
    }


@pytest.mark.parametrize(
    ("given", "ready"),
    [
        (task(), True),
        (task("TASK_STARTING"), False),
        (task(health_check={"type": "TCP"}), False),
        (task(health_check={"type": "TCP"}, status={"healthy": True}), True),
        (task(check={"type": "HTTP"}, status={"check_status": {"type": "HTTP", "http": {}}}), False),
        (task(check={"type": "HTTP"}, status={"check_status": {"type": "HTTP", "http": {"status_code": 302}}}), True),
        (task(check={"type": "TCP"}, status={"check_status": {"type": "TCP", "tcp": {"succeeded": True}}}), True),
        (
            task(check={"type": "COMMAND"}, status={"check_status": {"type": "COMMAND", "command": {"exit_code": 1}}}),
            False,
        ),
    ],
)
def test_ready_means_running_and_all_checks_passed(given: dict[str, Any], *, ready: bool) -> None:
    """A task with checks is ready when each of them has passed."""
    assert observe.is_ready(given) is ready
    assert observe.instance(given, "w", "k").ready is ready


def test_agents_are_hosts() -> None:
    """Amounts, attributes and the three states of being held are read; equal names are told apart."""

    def agent(number: int, **more: Any) -> dict[str, Any]:
        attribute = {"name": "rack@x", "type": "TEXT", "text": {"value": "b 1"}}
        info = {"id": {"value": f"m-S{number}"}, "hostname": "Box", "attributes": [attribute]}
        amounts = [{"name": n, "type": "SCALAR", "scalar": {"value": v}} for n, v in (("cpus", 2.5), ("mem", 1024.0))]
        return {
            "agent_info": info,
            "active": not more.get("deactivated"),
            "pid": "slave(1)@10.0.0.7:5051",
            "total_resources": amounts,
            **more,
        }

    drained = {"drain_info": {"state": "DRAINED"}, "deactivated": True}
    found = observe.hosts([agent(0), agent(1, deactivated=True), agent(2, **drained)])
    assert [host.availability for host in found] == ["active", "pause", "drain"]
    assert all(host.ready for host in found)
    assert found[0].name == "box-s0"
    assert (found[0].cpu_millis, found[0].memory_bytes, found[0].address) == (2500, 1024 * 2**20, "10.0.0.7")
    assert found[0].labels == {"rack-x": "b-1"}


def test_tasks_of_others_are_grouped_by_their_name() -> None:
    """Tasks of one framework with one name are one workload that cannot be adopted."""
    workloads, instances = observe.foreign([task(), {**task(), "task_id": {"value": "u"}}], {"f": "spark"})
    assert [(w.name, w.fields["replicas"], w.adoptable) for w in workloads] == [("spark-n", 2, False)]
    assert {instance.workload for instance in instances} == {workloads[0].id}


def service(**port: Any) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": "http", "nodePort": 30080, **port}]
    spec = {"type": "NodePort", "selector": {"app": "web"}, "ports": ports}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def test_forwarders_lead_to_the_host_ports_of_ready_tasks() -> None:
    """Named ports are looked up; tasks of workloads that are not selected are left out."""
    ports = [{"name": "http", "containerPort": 8080}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"ports": ports}]}}
    workload = {"metadata": {"uid": "u", "name": "w"}, "spec": {"template": template}}
    other = {**workload, "metadata": {"uid": "v", "name": "o"}, "spec": {"template": {**template, "metadata": {}}}}
    ready = {"u": [("10.0.0.1", {8080: 31001}), ("10.0.0.2", {9: 31002})], "v": [("10.0.0.3", {8080: 31003})]}
    assert forwarders.backends(service(), [workload, other], ready) == "30080 10.0.0.1:31001\n"


def test_a_node_port_that_no_agent_offers_is_named() -> None:
    """The loss names the ports that can be had."""
    lost = forwarders.losses(service(), [(31000, 32000)])
    assert any("31000-32000" in loss["message"] for loss in lost)
    assert not any("31000" in loss["message"] for loss in forwarders.losses(service(nodePort=31500), [(31000, 32000)]))
