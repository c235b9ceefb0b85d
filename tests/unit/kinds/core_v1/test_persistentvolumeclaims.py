"""Claims."""

from tests.unit.kinds.making import errors_of, kind_named, row_of, update_errors_of

KIND = kind_named("persistentvolumeclaims")


def claim(size="1Gi", phase="Pending", **spec):
    requests = {"requests": {"storage": size}} if size else {}
    return {
        "metadata": {"name": "a", "namespace": "x"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": requests, **spec},
        "status": {"phase": phase},
    }


def test_a_claim_asks_for_something():
    """Mode and size are needed."""
    assert errors_of(KIND, claim()) == []
    assert errors_of(KIND, claim(size="", accessModes=[])) == [
        "spec.accessModes: Required value: at least 1 access mode is required",
        "spec.resources[storage]: Required value",
    ]
    assert errors_of(KIND, claim(size="0")) == [
        'spec.resources[storage]: Invalid value: "0": must be greater than zero'
    ]


def test_only_a_bound_claim_grows():
    """A larger size after binding; nothing else."""
    assert update_errors_of(KIND, claim("2Gi", "Bound"), claim("1Gi", "Bound")) == []
    assert "spec is immutable after creation" in update_errors_of(KIND, claim("2Gi"), claim("1Gi"))[0]
    assert "can not be less" in update_errors_of(KIND, claim("1Gi", "Bound"), claim("2Gi", "Bound"))[0]


def test_cells():
    """Capacity and modes are shown once there is a volume."""
    bound = claim(phase="Bound", volumeName="v")
    bound["status"] |= {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
    found = row_of(KIND, bound)
    assert (found["Status"], found["Volume"], found["Capacity"], found["Access Modes"]) == ("Bound", "v", "1Gi", "RWO")
    assert row_of(KIND, claim())["Capacity"] == ""


def test_what_a_claim_is_filled_from():
    """Another claim, or an object of a named group."""

    def wrong(source):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "dataSource": source}
        return errors_of(KIND, {"metadata": {"name": "c", "namespace": "d"}, "spec": spec})

    assert wrong({"kind": "PersistentVolumeClaim", "name": "other"}) == []
    assert wrong({"kind": "VolumeSnapshot", "name": "s", "apiGroup": "snapshot.storage.k8s.io"}) == []
    assert wrong({"kind": "VolumeSnapshot", "name": "s"}) == [
        (
            'spec.dataSource: Invalid value: "VolumeSnapshot":'
            " must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        )
    ]
