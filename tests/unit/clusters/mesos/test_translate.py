"""Objects of ours as Mesos workloads, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.clusters.driver import FOREIGN, Related, Workload
from bouvier.clusters.mesos.apps import app_of, fields_of, upgrade_strategy
from bouvier.clusters.mesos.fields import TAKEN_OVER, line_of, words_of
from bouvier.clusters.mesos.imports import changed_spec, object_of
from bouvier.clusters.mesos.translate import translate
from tools.mesos_simulator.marathon.definitions import completed

WORDS = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8), max_size=4)
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "PORT")
PROBES = st.one_of(
    st.none(),
    st.builds(lambda port: {"httpGet": {"path": "/x", "port": port}, "periodSeconds": 3}, st.integers(1, 9999)),
    st.builds(lambda port: {"tcpSocket": {"port": port}, "initialDelaySeconds": 2}, st.integers(1, 9999)),
    st.builds(lambda words: {"exec": {"command": words}}, WORDS.filter(bool)),
)


def deployment(kind: str = "Deployment", pod: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": "app:1", **container}], **(pod or {})}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    metadata = {"name": "web", "namespace": "shop", "uid": "u1"}
    whole = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": whole}


def fields_for(obj: dict[str, Any], related: Related | None = None, **how: Any) -> dict[str, Any]:
    found = translate(obj, related or Related(), **{"containerizer": "MESOS", "has_files": True, **how})
    assert not found.refusal
    return found.fields


@given(
    command=WORDS,
    args=WORDS,
    env=st.dictionaries(NAMES, st.text(max_size=8), max_size=3),
    port=st.one_of(st.none(), st.integers(1, 65535)),
    probe=PROBES,
    memory=st.sampled_from(["", "64Mi", "1Gi"]),
    replicas=st.integers(0, 50),
)
def test_an_app_reads_back_as_it_was_wanted(
    command: list[str],
    args: list[str],
    env: dict[str, str],
    port: int | None,
    probe: dict[str, Any] | None,
    memory: str,
    replicas: int,
) -> None:
    """What Marathon completes of a definition has the same fields: no deployment is begun for nothing."""
    more: dict[str, Any] = {"command": command, "args": args}
    more["env"] = [{"name": name, "value": value.replace("$", "")} for name, value in env.items()]
    more |= {"ports": [{"containerPort": port}]} if port else {}
    more |= {"livenessProbe": probe, "readinessProbe": probe} if probe else {}
    more |= {"resources": {"limits": {"memory": memory, "cpu": "250m"}}} if memory else {}
    obj = deployment(**more)
    obj["spec"]["replicas"] = replicas
    wanted = fields_for(obj)
    live = completed({**app_of(obj, wanted, {"io.bouvier.uid": "u1"}, replicas), "id": "/shop/web"})
    assert fields_of(live) == wanted


@given(command=WORDS.filter(bool), args=WORDS)
def test_a_command_is_read_back_from_its_line(command: list[str], args: list[str]) -> None:
    """A shell's line of ours gives the words again."""
    words = [*command, *args]
    assert words_of(line_of(command, args)) == words


@given(
    fields=st.fixed_dictionaries(
        {"replicas": st.integers(0, 9)},
        optional={
            "image": st.just("app:1"),
            "cmd": st.sampled_from(["sleep 1", "exec a 'b c'", "x && y"]),
            "env": st.just(["A=1", "B=x=y"]),
        },
    )
)
def test_a_foreign_workload_translates_to_itself(fields: dict[str, Any]) -> None:
    """The object that shows an app asks for just that app, so showing changes nothing."""
    obj = object_of(Workload("/team/app", "team-app", "Deployment", "", fields))
    obj["metadata"]["uid"] = "u"
    assert obj["metadata"]["annotations"][FOREIGN] == "/team/app"
    again = fields_for(obj)
    assert {n: again.get(n) for n in TAKEN_OVER} == {n: fields.get(n) for n in TAKEN_OVER}


def test_native_changes_become_changes_of_the_object() -> None:
    """Size, image, process and environment are taken over; a variable from a Secret stays a reference."""
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    obj = deployment(env=[{"name": "KEPT", "valueFrom": source}, {"name": "GONE", "value": "1"}])
    related = Related(secrets={"s": {"kind": "Secret", "data": {"k": "djE="}}})
    wanted = fields_for(obj, related)
    live = {**wanted, "replicas": 5, "image": "app:2", "args": ["--fast"], "env": ["KEPT=v1", "NEW=2"]}
    spec = changed_spec(obj, live, wanted)
    container = spec["template"]["spec"]["containers"][0]
    assert (spec["replicas"], container["image"], container["args"]) == (5, "app:2", ["--fast"])
    assert container["env"] == [{"name": "KEPT", "valueFrom": source}, {"name": "NEW", "value": "2"}]


@pytest.mark.parametrize(
    ("obj", "word"),
    [
        (deployment(pod={"containers": [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]}), "several"),
        (deployment(pod={"hostNetwork": True}), "hostNetwork"),
        (deployment(securityContext={"runAsUser": 1000}), "--containerizer docker"),
        (deployment(securityContext={"privileged": True}), "privileged"),
        (deployment(volumeMounts=[{"name": "v", "mountPath": "/v"}], pod_volume="pvc"), "volumes of the kind"),
        (deployment(envFrom=[{"configMapRef": {"name": "none"}}]), "ConfigMap none does not exist"),
        (deployment(readinessProbe={"grpc": {"port": 1}}), "HTTP, TCP or a command"),
    ],
)
def test_what_would_mean_something_else_is_refused(obj: dict[str, Any], word: str) -> None:
    """A refusal names the field and the way out."""
    container = obj["spec"]["template"]["spec"]["containers"][0]
    if container.pop("pod_volume", None):
        obj["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    assert word in translate(obj, Related(), containerizer="MESOS", has_files=True).refusal


def test_what_is_missing_is_reported() -> None:
    """Fields without a counterpart are losses, each by its path."""
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}}
    obj = deployment(pod={"affinity": affinity, "priorityClassName": "high"}, workingDir="/w")
    losses = translate(obj, Related(), containerizer="MESOS", has_files=True).losses
    named = {loss.field for loss in losses}
    assert "spec.template.spec.priorityClassName" in named
    assert "spec.template.spec.containers[0].workingDir" in named
    assert any("nodeAffinity" in field for field in named)


def test_the_docker_containerizer_takes_users_and_capabilities() -> None:
    """What Mesos' own containerizer cannot express are options of `docker run`."""
    security = {"runAsUser": 1000, "runAsGroup": 5, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    fields = fields_for(deployment(securityContext=security), containerizer="DOCKER")
    assert fields["parameters"] == [["cap-drop", "ALL"], ["read-only", "true"], ["user", "1000:5"]]


def test_apart_by_host_is_a_constraint() -> None:
    """Required anti-affinity to its own pods by host is UNIQUE; node selectors are LIKE."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    found = fields_for(deployment(pod={"affinity": affinity, "nodeSelector": {"rack": "a.1"}}))
    assert found["constraints"] == [["hostname", "UNIQUE", ""], ["rack", "LIKE", r"a\.1"]]


def test_ports_of_services_are_mapped_too() -> None:
    """A task's ports are fixed when it starts: those that services lead to are among them."""
    service = {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 9090}]}}
    assert fields_for(deployment(), Related(services=[service]))["ports"] == [[9090, "tcp", "port-9090"]]


@pytest.mark.parametrize(
    ("strategy", "shares"),
    [
        ({"type": "Recreate"}, (0.0, 0.0)),
        ({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, (1.0, 0.3333)),
        ({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 3}}, (0.0, 0.0)),
    ],
)
def test_the_upgrade_strategy_follows_surge_and_unavailable(strategy: dict[str, Any], shares: Any) -> None:
    """Kubernetes' counts are shares of the size for Marathon."""
    obj = deployment()
    obj["spec"]["strategy"] = strategy
    found = upgrade_strategy(obj)
    assert (found["minimumHealthCapacity"], found["maximumOverCapacity"]) == shares
