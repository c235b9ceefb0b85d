"""Storage classes."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of, update_errors_of

KIND = kind_named("storageclasses", "storage.k8s.io")


def storage(**fields):
    return {"metadata": {"name": "fast"}, "provisioner": "bouvier.io/local", **fields}


def test_defaults():
    """Volumes go with their claims, and are bound at once."""
    filled = defaulted(KIND, storage())
    assert (filled["reclaimPolicy"], filled["volumeBindingMode"]) == ("Delete", "Immediate")
    assert errors_of(KIND, {"metadata": {"name": "a"}}) == ["provisioner: Required value"]


def test_what_made_volumes_stays():
    """Existing volumes were made by it."""
    assert update_errors_of(KIND, storage(parameters={"a": "b"}), storage()) == [
        "parameters: Forbidden: updates to parameters are forbidden."
    ]


def test_the_default_class_is_marked():
    """The table tells which class claims without one get."""
    obj = storage()
    obj["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    assert row_of(KIND, obj)["Name"] == "fast (default)"
