"""Deployments as Swarm services."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.clusters.driver import Related
from bouvier.clusters.swarm.fields import fields_of, spec_of
from bouvier.clusters.swarm.files import files_of
from bouvier.clusters.swarm.imports import changed_spec
from bouvier.clusters.swarm.translate import translate

IDS = {"networks": {"bouvier_default": "n1"}, "configs": {}, "secrets": {}}


def deployment(container=None, pod=None, **spec):
    labels = {"app": "web"}
    body = {"containers": [{"name": "main", "image": "web:1", **(container or {})}], **(pod or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "uid": "u"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": body},
            **spec,
        },
    }


def fields(obj, related=None):
    done = translate(obj, related or Related())
    assert not done.refusal, done.refusal
    return done.fields


def lost(obj, related=None):
    return {
        loss.field.rpartition("]")[2].lstrip(".") or loss.field for loss in translate(obj, related or Related()).losses
    }


def test_command_and_args_replace_those_of_the_image() -> None:
    """Kubernetes' command is Swarm's entry point, args are its arguments; `$(NAME)` is expanded."""
    made = fields(
        deployment({"command": ["serve"], "args": ["--port=$(PORT)"], "env": [{"name": "PORT", "value": "80"}]})
    )
    assert (made["command"], made["args"], made["env"]) == (["serve"], ["--port=80"], ["PORT=80"])


def test_surge_starts_first() -> None:
    """A rollout with surge starts new tasks first, one without stops as many as may be unavailable."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert fields(deployment(strategy=rolling))["update"]["order"] == "start-first"
    rolling["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 2}
    update = fields(deployment(strategy=rolling))["update"]
    assert (update["order"], update["parallelism"]) == ("stop-first", 2)


def test_a_service_puts_pods_on_the_network_under_its_name() -> None:
    """Pods are found by the names of the services that select them."""
    service = {"metadata": {"name": "front", "namespace": "default"}, "spec": {"selector": {"app": "web"}, "ports": []}}
    networks = fields(deployment(), Related(services=[service]))["networks"]
    assert networks == [["bouvier_default", ["front", "front.default", "front.default.svc.cluster.local"]]]


def test_config_maps_become_files_named_by_content() -> None:
    """Changed content is another file, so tasks are replaced."""
    volume = {"name": "v", "configMap": {"name": "conf"}}
    obj = deployment({"volumeMounts": [{"name": "v", "mountPath": "/etc/app"}]}, {"volumes": [volume]})
    names = []
    for text in ("one", "two"):
        config = {"kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "default"}, "data": {"a.ini": text}}
        ((target, name, _),) = fields(obj, Related({"conf": config}))["configs"]
        assert target == "/etc/app/a.ini"
        assert name == files_of(config)["a.ini"].name
        names.append(name)
    assert names[0] != names[1]


def test_secrets_in_the_environment_are_reported() -> None:
    """A secret value in the environment is readable in the service: that is said."""
    secret = {"kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "data": {"k": "dg=="}}
    entry = {"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    done = translate(deployment({"env": [entry]}), Related(secrets={"s": secret}))
    assert done.fields["env"] == ["X=v"]
    assert "readable" in done.losses[0].message


def test_ignored_fields_are_named() -> None:
    """Every field without a counterpart stands in the loss report; defaults do not."""
    assert lost(deployment()) == set()
    assert lost(deployment({"lifecycle": {"preStop": {}}, "imagePullPolicy": "IfNotPresent"})) == {"lifecycle"}
    assert lost(deployment(pod={"affinity": {"podAffinity": {}}, "dnsPolicy": "ClusterFirst"})) == {
        "spec.template.spec.affinity"
    }
    assert lost(deployment({"livenessProbe": {"tcpSocket": {"port": 1}}})) == {"livenessProbe"}


def test_what_would_mean_something_else_is_refused() -> None:
    """Several containers, host namespaces, unknown volumes and missing references do not run."""
    second = {"name": "b", "image": "b"}
    two = deployment(pod={"containers": [second, second]})
    claim = deployment(
        {"volumeMounts": [{"name": "v", "mountPath": "/d"}]},
        {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]},
    )
    missing = deployment({"envFrom": [{"configMapRef": {"name": "gone"}}]})
    texts = [translate(obj, Related()).refusal for obj in (two, claim, missing, deployment(pod={"hostNetwork": True}))]
    assert [
        word in text
        for word, text in zip(("several", "persistentVolumeClaim", "gone", "hostNetwork"), texts, strict=True)
    ] == [True] * 4


@given(
    st.integers(0, 9),
    st.lists(st.text("abc", min_size=1), max_size=3),
    st.dictionaries(st.text("XYZ", min_size=1), st.text("abc"), max_size=3),
    st.booleans(),
)
def test_what_is_sent_reads_back_as_the_same(replicas, args, env, read_only) -> None:
    """Fields → specification → fields changes nothing: a service in step is never touched."""
    entries = [{"name": name, "value": value} for name, value in env.items()]
    container = {"args": args, "env": entries, "securityContext": {"readOnlyRootFilesystem": read_only}}
    wanted = fields(deployment(container, replicas=replicas))
    assert fields_of(spec_of("web", wanted, {}, IDS), {"n1": "bouvier_default"}) == wanted


@given(
    st.integers(0, 9),
    st.text("ab:1", min_size=1),
    st.dictionaries(st.text("XYZ", min_size=1), st.text("abc"), max_size=3),
)
def test_native_changes_are_taken_over_exactly(replicas, image, env) -> None:
    """After taking over a native change, our object asks for what runs."""
    obj = deployment({"env": [{"name": "X", "value": "1"}]})
    wanted = fields(obj)
    live = {**wanted, "replicas": replicas, "image": image, "env": sorted(f"{k}={v}" for k, v in env.items())}
    live = {name: value for name, value in live.items() if value or name in ("replicas", "global")}
    after = fields({**obj, "spec": changed_spec(obj, live, wanted)})
    derived = ("update",)  # rollout settings follow from percentages of the size
    assert {n: v for n, v in after.items() if n not in derived} == {n: v for n, v in live.items() if n not in derived}
