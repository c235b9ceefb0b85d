"""Placing pods with claims: where their data is, where it can be made, and why not elsewhere."""

from typing import Any

from bouvier.kinds.volumes.questions import only_on
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
from bouvier.scheduler.explain import Explanation, explain
from tests.unit.scheduler.objects import node, on, pod

NODES = [node("n1"), node("n2"), node("n3")]
Stored = list[tuple[Any, dict[str, Any]]]


def using(*claims: str, name: str = "", ephemeral: bool = False) -> dict[str, Any]:
    volumes = [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]
    if ephemeral:
        volumes.append({"name": "tmp", "ephemeral": {"volumeClaimTemplate": {}}})
    return pod(name, volumes=volumes)


def claim(name: str = "c", bound: bool = False, modes: tuple[str, ...] = ("ReadWriteOnce",), **spec: Any) -> Any:
    annotations = spec.pop("annotations", {})
    body = {
        "accessModes": list(modes),
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
        **spec,
    }
    if bound:
        body["volumeName"] = f"v-{name}"
    metadata = {"name": name, "namespace": "x", "uid": f"uid-{name}", "annotations": annotations}
    metadata["ownerReferences"] = body.pop("owners", [])
    return PERSISTENTVOLUMECLAIMS, {
        "metadata": metadata,
        "spec": body,
        "status": {"phase": "Bound" if bound else "Pending"},
    }


def volume(name: str, host: str = "", claim_name: str = "") -> Any:
    spec: dict[str, Any] = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
    }
    if host:
        spec["nodeAffinity"] = only_on(host)
    if claim_name:
        spec["claimRef"] = {"namespace": "x", "name": claim_name, "uid": f"uid-{claim_name}"}
    status = {"phase": "Bound" if claim_name else "Available"}
    return PERSISTENTVOLUMES, {"metadata": {"name": name}, "spec": spec, "status": status}


def fast(provisioner: str = "local.bouvier.io", mode: str = "WaitForFirstConsumer", **more: Any) -> Any:
    return STORAGECLASSES, {"metadata": {"name": "fast"}, "provisioner": provisioner, "volumeBindingMode": mode, **more}


def told(waiting: Any, *stored: Any, placed: tuple[Any, ...] = ()) -> Explanation:
    return explain(waiting, NODES, placed, (), stored)


def test_a_bound_claim_ties_the_pod_to_its_data() -> None:
    """Only the host with the data is left; the others say where it is."""
    found = told(using("c"), claim(bound=True), volume("v-c", "n2", "c"), fast())
    assert found.chosen == "n2"
    refusal = found.refusals[0]
    assert refusal.reasons == ("node(s) had volume node affinity conflict",)
    assert refusal.help == "the data of claim c is on n2: the pod can run there only"
    two = told(
        using("c", "d"), claim(bound=True), volume("v-c", "n2", "c"), claim("d", bound=True), volume("v-d", "n3", "d")
    )
    assert two.chosen == ""
    assert two.message == "0/3 nodes are available: 3 node(s) had volume node affinity conflict."


def test_an_unbound_claim_goes_where_its_volume_can_be() -> None:
    """A driver makes it anywhere, in its topologies, or nowhere: then only hosts with a free volume will do."""
    assert set(told(using("c"), claim(), fast()).points) == {"n1", "n2", "n3"}
    static = fast("kubernetes.io/no-provisioner")
    assert set(told(using("c"), claim(), static, volume("free", "n3"), volume("used", "n1", "z")).points) == {"n3"}
    topology = [{"matchLabelExpressions": [{"key": "kubernetes.io/hostname", "values": ["n1", "n3"]}]}]
    assert set(told(using("c"), claim(), fast(allowedTopologies=topology)).points) == {"n1", "n3"}
    marked = claim(annotations={"volume.kubernetes.io/selected-node": "n2"})
    assert set(told(using("c"), marked, fast()).points) == {"n2"}
    nothing = told(using("c"), claim(), static)
    assert "3 node(s) didn't find available persistent volumes to bind" in nothing.message
    assert "make a PersistentVolume" in nothing.refusals[0].help


def test_a_copy_is_made_where_the_original_is() -> None:
    """A claim from a claim, and one from a snapshot, follow their source."""
    clone = claim("k", dataSource={"kind": "PersistentVolumeClaim", "name": "c"})
    assert told(using("k"), clone, claim(bound=True), volume("v-c", "n2", "c"), fast()).chosen == "n2"
    restored = claim("k", dataSource={"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"})
    snapshot = {
        "metadata": {"namespace": "x", "name": "s"},
        "status": {"boundVolumeSnapshotContentName": "b"},
        "spec": {},
    }
    content = {"metadata": {"name": "b"}, "spec": {"source": {}}, "status": {"snapshotHandle": "n3/snap"}}
    stored = (VOLUMESNAPSHOTS, snapshot), (VOLUMESNAPSHOTCONTENTS, content)
    assert told(using("k"), restored, *stored, fast()).chosen == "n3"


def test_claims_with_trouble_are_refused_by_name() -> None:
    """Missing, leaving, lost, unbound in a class that does not wait, of a class that is not there."""
    assert told(using("c")).message == '0/3 nodes are available: persistentvolumeclaim "c" not found.'
    resource, leaving = claim(bound=True)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert "is being deleted" in told(using("c"), (resource, leaving)).message
    assert "unbound immediate PersistentVolumeClaims" in told(using("c"), claim(), fast(mode="Immediate")).message
    assert '"fast" of claim "c" not found; there are: none' in told(using("c"), claim()).message
    assert "kubectl describe pvc c" in told(using("c")).refusals[0].help


def test_a_claim_for_one_pod_alone() -> None:
    """ReadWriteOncePod keeps the second pod waiting, wherever the first one is; ReadWriteOnce does not."""
    first = on(using("c", name="first"), "n1")
    for mode, chosen in (("ReadWriteOncePod", ""), ("ReadWriteOnce", "n1")):
        stored = (claim(bound=True, modes=(mode,)), volume("v-c", "n1", "c"), fast())
        found = told(using("c"), *stored, placed=(first,))
        assert found.chosen == chosen
    assert (
        'another pod uses persistentvolumeclaim "c"'
        in told(
            using("c"), claim(bound=True, modes=("ReadWriteOncePod",)), volume("v-c", "n1", "c"), placed=(first,)
        ).message
    )


def test_an_ephemeral_claim_must_be_the_pods_own() -> None:
    """The claim of a former pod of the same name is not used."""
    waiting = using(name="p", ephemeral=True)
    former = claim("p-tmp", owners=[{"kind": "Pod", "name": "p", "uid": "another"}])
    assert "waiting for ephemeral volume controller" in told(waiting, fast()).message
    assert "was not created for this pod" in told(waiting, former, fast()).message
    own = claim("p-tmp", owners=[{"kind": "Pod", "name": "p", "uid": waiting["metadata"]["uid"]}])
    assert told(waiting, own, fast()).chosen
