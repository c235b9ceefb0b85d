"""StatefulSets."""

from tests.unit.kinds.making import container, defaulted, errors_of, kind_named, update_errors_of, workload

KIND = kind_named("statefulsets", "apps")


def stateful(**spec):
    return workload("StatefulSet", serviceName="web", **spec)


def test_defaults():
    """One after the other, claims kept."""
    spec = defaulted(KIND, stateful(volumeClaimTemplates=[{"metadata": {"name": "data"}}]))["spec"]
    assert spec["podManagementPolicy"] == "OrderedReady"
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert spec["volumeClaimTemplates"][0]["status"] == {"phase": "Pending"}


def test_mounts_may_name_claims():
    """Each pod gets a volume for each claim."""
    obj = stateful(volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": {}}])
    mounted = [container(volumeMounts=[{"name": "data", "mountPath": "/data"}])]
    obj["spec"]["template"]["spec"]["containers"] = mounted
    assert errors_of(KIND, obj) == []


def test_only_some_fields_change():
    """Replicas and template may change, the service may not."""
    assert update_errors_of(KIND, stateful(replicas=5), stateful()) == []
    new = stateful()
    new["spec"]["serviceName"] = "other"
    assert update_errors_of(KIND, new, stateful())[0].startswith(
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'"
    )
