"""Binding: which volume a claim gets, what is reported, and that no volume is ever given to two claims."""

import copy
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.storage.actions import Remove, Say, Write
from bouvier.controllers.storage.binder_plan import World, plan_claim
from bouvier.controllers.storage.volumes_plan import plan_volume
from bouvier.kinds.volumes.questions import only_on
from bouvier.meta.patches.merge import merge_patch
from bouvier.meta.quantities import parse

HOSTS = {"n1": {"kubernetes.io/hostname": "n1"}, "n2": {"kubernetes.io/hostname": "n2"}}


def claim(name="c", size="1Gi", modes=("ReadWriteOnce",), storage_class: str | None = "", annotations=None, **spec):
    body = {"accessModes": list(modes), "resources": {"requests": {"storage": size}}, **spec}
    if storage_class is not None:
        body["storageClassName"] = storage_class
    metadata = {
        "name": name,
        "namespace": "x",
        "uid": f"uid-{name}",
        "resourceVersion": "1",
        "annotations": annotations or {},
    }
    return {"metadata": metadata, "spec": body, "status": {"phase": "Pending"}}


def volume(name="v", size="1Gi", modes=("ReadWriteOnce",), phase="Available", labels=None, annotations=None, **spec):
    metadata = {
        "name": name,
        "uid": f"uid-{name}",
        "resourceVersion": "1",
        "labels": labels or {},
        "annotations": annotations or {},
    }
    body = {
        "capacity": {"storage": size},
        "accessModes": list(modes),
        "hostPath": {"path": "/x"},
        "persistentVolumeReclaimPolicy": "Retain",
        **spec,
    }
    return {"metadata": metadata, "spec": body, "status": {"phase": phase}}


def storage_class(name="fast", provisioner="local.bouvier.io", waits=True, **more):
    mode = "WaitForFirstConsumer" if waits else "Immediate"
    return {"metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode, **more}


def world(volumes=(), classes=(), spare="n1"):
    found = {v["metadata"]["name"]: v for v in volumes}
    return World(list(volumes), found.get, {c["metadata"]["name"]: c for c in classes}, HOSTS.get, lambda: spare)


def chosen(actions):
    """Return the name of the volume that the actions reserve."""
    names = [
        a.obj["metadata"]["name"] for a in actions if isinstance(a, Write) and "claimRef" in a.body.get("spec", {})
    ]
    return names[0] if names else ""


def said(actions):
    return [(a.reason, a.message) for a in actions if isinstance(a, Say)]


def annotated(actions):
    return {
        k: v
        for a in actions
        if isinstance(a, Write)
        for k, v in a.body.get("metadata", {}).get("annotations", {}).items()
    }


def test_the_smallest_volume_that_suits():
    """Size, modes, class, mode and labels decide; among those that suit the smallest is taken."""
    volumes = [
        volume("huge", "9Gi"),
        volume("good", "2Gi"),
        volume("small", "512Mi"),
        volume("other-class", "1Gi", storageClassName="fast"),
        volume("block", "1Gi", volumeMode="Block"),
        volume("read-only", "1Gi", modes=("ReadOnlyMany",)),
        volume("taken", "1Gi", phase="Bound", claimRef={"name": "z", "namespace": "x", "uid": "u"}),
        volume("released", "1Gi", phase="Released"),
    ]
    assert chosen(plan_claim(claim(), world(volumes))) == "good"
    labelled = [*volumes, volume("gold", "5Gi", labels={"tier": "gold"})]
    selector = {"matchLabels": {"tier": "gold"}}
    assert chosen(plan_claim(claim(selector=selector), world(labelled))) == "gold"


def test_a_reserved_volume_is_taken_even_when_it_must_wait():
    """A volume that names the claim is bound at once, also in a class that waits for the first pod."""
    reserved = volume("mine", "8Gi", storageClassName="fast", claimRef={"name": "c", "namespace": "x"})
    smaller = volume("smaller", "1Gi", storageClassName="fast")
    actions = plan_claim(claim(storage_class="fast"), world([smaller, reserved], [storage_class()]))
    assert chosen(actions) == "mine"
    assert "pv.kubernetes.io/bound-by-controller" not in actions[0].body.get("metadata", {}).get("annotations", {})


def test_waiting_for_the_first_pod_and_its_host():
    """Before a host is chosen nothing happens; then a volume of that host is taken, or one is ordered there."""
    classes = [storage_class()]
    here, there = (volume(f"on-{n}", storageClassName="fast", nodeAffinity=only_on(n)) for n in ("n1", "n2"))
    waiting = plan_claim(claim(storage_class="fast"), world([here, there], classes))
    assert [reason for reason, _ in said(waiting)] == ["WaitForFirstConsumer"]
    marked = claim(storage_class="fast", annotations={"volume.kubernetes.io/selected-node": "n2"})
    assert chosen(plan_claim(marked, world([here, there], classes))) == "on-n2"
    ordered = plan_claim(marked, world([here], classes))
    assert annotated(ordered)["volume.kubernetes.io/storage-provisioner"] == "local.bouvier.io"
    static = plan_claim(marked, world([here], [storage_class(provisioner="kubernetes.io/no-provisioner")]))
    assert annotated(static) == {"volume.kubernetes.io/selected-node": None}


def test_immediate_classes_of_ours_get_a_host():
    """Volumes of hosts need one: the spare one; where there is none that is told."""
    classes = [storage_class(waits=False)]
    assert (
        annotated(plan_claim(claim(storage_class="fast"), world([], classes)))["volume.kubernetes.io/selected-node"]
        == "n1"
    )
    assert "no host is ready" in said(plan_claim(claim(storage_class="fast"), world([], classes, spare="")))[0][1]
    foreign = [storage_class(provisioner="csi.example", waits=False)]
    assert "volume.kubernetes.io/selected-node" not in annotated(
        plan_claim(claim(storage_class="fast"), world([], foreign))
    )


def test_what_is_missing_is_said():
    """No class and no volume; an unknown class, with those that there are."""
    assert said(plan_claim(claim(), world()))[0][0] == "FailedBinding"
    reason, message = said(plan_claim(claim(storage_class="gold"), world([], [storage_class()])))[0]
    assert (reason, message) == (
        "ProvisioningFailed",
        'storageclass.storage.k8s.io "gold" not found; there are: fast',
    )
    wrong = plan_claim(claim(volumeName="v", size="2Gi"), world([volume()]))
    assert said(wrong) == [("VolumeMismatch", 'Cannot bind to requested volume "v": requested PV is too small')]


def test_the_default_class_comes_later_too():
    """A claim that left its class open gets the default one as soon as there is one; `""` asks for none."""
    default = storage_class()
    default["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    actions = plan_claim(claim(storage_class=None), world([], [default]))
    assert [a.body for a in actions] == [{"spec": {"storageClassName": "fast"}}]
    assert said(plan_claim(claim(storage_class=""), world([], [default])))[0][0] == "FailedBinding"


def test_losses():
    """A bound claim whose volume is gone, or belongs to another, is lost and says so."""
    bound = claim(annotations={"pv.kubernetes.io/bind-completed": "yes"}, volumeName="v")
    bound["status"]["phase"] = "Bound"
    assert said(plan_claim(bound, world()))[0][0] == "ClaimLost"
    other = volume(claimRef={"name": "z", "namespace": "x", "uid": "u"})
    assert said(plan_claim(bound, world([other])))[0][0] == "ClaimMisbound"


def test_what_becomes_of_volumes():
    """Kept when the policy says so, removed by their driver when it says Delete, never emptied by Recycle."""
    held = {"name": "c", "namespace": "x", "uid": "uid-c"}
    kept = volume(phase="Bound", claimRef=held)
    assert [a.body["status"]["phase"] for a in plan_volume(kept, None)] == ["Released"]
    made = volume(
        phase="Bound",
        claimRef=held,
        persistentVolumeReclaimPolicy="Delete",
        annotations={"pv.kubernetes.io/provisioned-by": "local.bouvier.io"},
    )
    assert isinstance(plan_volume(made, None)[-1], Remove)
    by_hand = volume(phase="Bound", claimRef=held, persistentVolumeReclaimPolicy="Delete")
    assert said(plan_volume(by_hand, None))[0][0] == "VolumeFailedDelete"
    recycled = volume(phase="Bound", claimRef=held, persistentVolumeReclaimPolicy="Recycle")
    assert said(plan_volume(recycled, None))[0][0] == "VolumeFailedRecycle"
    elsewhere = claim(volumeName="w")
    freed = plan_volume(
        volume(phase="Bound", claimRef=held, annotations={"pv.kubernetes.io/bound-by-controller": "yes"}), elsewhere
    )
    assert freed[0].body["spec"] == {"claimRef": None}


SIZES = st.sampled_from(["1Gi", "2Gi", "3Gi"])
MODES = st.sampled_from([("ReadWriteOnce",), ("ReadWriteOnce", "ReadOnlyMany"), ("ReadWriteMany",)])


@given(
    claims=st.lists(st.tuples(SIZES, MODES), max_size=6),
    volumes=st.lists(st.tuples(SIZES, MODES), max_size=6),
    order=st.lists(st.integers(0, 5), max_size=40),
    crash=st.lists(st.integers(0, 3), max_size=40),
)
def test_bindings_are_one_to_one_whatever_is_cut_short(claims, volumes, order, crash):
    """With writes cut off at any point, nobody shares a volume, everything settles, and each pair suits."""
    stored_claims = {f"c{i}": claim(f"c{i}", *each) for i, each in enumerate(claims)}
    stored_volumes = {f"v{i}": volume(f"v{i}", *each) for i, each in enumerate(volumes)}

    def step(name, limit):
        made = world(copy.deepcopy(list(stored_volumes.values())))
        for action in [a for a in plan_claim(stored_claims[name], made) if isinstance(a, Write)][:limit]:
            store = stored_claims if "namespace" in action.obj["metadata"] else stored_volumes
            key = action.obj["metadata"]["name"]
            store[key] = merge_patch(store[key], action.body)

    cuts = iter([*crash, *[9] * 100])
    for index in order:
        if f"c{index}" in stored_claims:
            step(f"c{index}", next(cuts))
    for name in [*stored_claims, *stored_claims]:
        step(name, 9)
    holders = [v["spec"]["claimRef"]["uid"] for v in stored_volumes.values() if v["spec"].get("claimRef")]
    assert len(holders) == len(set(holders))
    for name, found in stored_claims.items():
        if found["status"]["phase"] != "Bound":
            continue
        held = stored_volumes[found["spec"]["volumeName"]]
        assert held["spec"]["claimRef"]["uid"] == f"uid-{name}"
        assert held["status"]["phase"] == "Bound"
        assert parse(held["spec"]["capacity"]["storage"]) >= Decimal(
            parse(found["spec"]["resources"]["requests"]["storage"])
        )
        assert set(found["spec"]["accessModes"]) <= set(held["spec"]["accessModes"])
    waiting = [c for c in stored_claims.values() if c["status"]["phase"] != "Bound"]
    free = [v for v in stored_volumes.values() if not v["spec"].get("claimRef")]
    for one in waiting:
        assert not chosen(plan_claim(one, world(free)))
