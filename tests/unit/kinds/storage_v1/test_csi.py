"""What CSI drivers keep in the API."""

import pytest

from bouvier.kinds.storage_v1 import (
    csidrivers,
    csinodes,
    csistoragecapacities,
    volumeattachments,
    volumeattributesclasses,
)


def messages(errors):
    return [str(error) for error in errors]


def driver(**spec):
    obj = {"metadata": {"name": "d.example.com"}, "spec": spec}
    csidrivers.default(obj)
    return obj


def test_a_driver_gets_its_defaults():
    """What a driver does not say is what the original takes it to want."""
    assert driver()["spec"] == {
        "attachRequired": True,
        "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "podInfoOnMount": False,
        "requiresRepublish": False,
        "seLinuxMount": False,
        "storageCapacity": False,
        "volumeLifecycleModes": ["Persistent"],
    }


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"fsGroupPolicy": "Some"},
            'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        ),
        (
            {"volumeLifecycleModes": ["Always"]},
            'spec.volumeLifecycleModes: Unsupported value: "Always": supported values: "Persistent", "Ephemeral"',
        ),
        (
            {"tokenRequests": [{"audience": "a"}, {"audience": "a"}]},
            'spec.tokenRequests[1].audience: Duplicate value: "a"',
        ),
        (
            {"tokenRequests": [{"expirationSeconds": 5}]},
            "spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
        ),
        (
            {"nodeAllocatableUpdatePeriodSeconds": 9},
            "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
        ),
        (
            {"serviceAccountTokenInSecrets": True},
            (
                "spec.serviceAccountTokenInSecrets: Invalid value: true:"
                " serviceAccountTokenInSecrets is set but no tokenRequests are specified"
            ),
        ),
    ],
)
def test_a_driver_is_checked(spec, message):
    """Errors are those of the original."""
    assert messages(csidrivers.validate(driver(**spec))) == [message]


def test_what_a_driver_may_not_change():
    """Volumes that are there rely on how they are attached and live."""
    new = driver(attachRequired=False, volumeLifecycleModes=["Ephemeral"], podInfoOnMount=True)
    assert messages(csidrivers.validate_update(new, driver())) == [
        "spec.attachedRequired: Invalid value: false: field is immutable",
        'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
    ]


def test_a_drivers_row():
    """The row says what the driver wants."""
    shown = {column.name: column.value(driver()) for column in csidrivers.KIND.columns}
    assert (shown["AttachRequired"], shown["TokenRequests"], shown["Modes"]) == (True, "<unset>", "Persistent")


def node(*drivers):
    return {"metadata": {"name": "n"}, "spec": {"drivers": list(drivers)}}


def test_drivers_of_a_host_are_checked():
    """Each driver has a name of its own and says how it calls the host."""
    good = {"name": "d.example.com", "nodeID": "n", "topologyKeys": ["a"], "allocatable": {"count": 3}}
    assert csinodes.validate(node(good)) == []
    assert messages(csinodes.validate(node(good, good | {"nodeID": ""}))) == [
        "spec.drivers[1].nodeID: Required value",
        'spec.drivers[1].name: Duplicate value: "d.example.com"',
    ]
    assert messages(csinodes.validate(node(good | {"topologyKeys": ["a", "a"]}))) == [
        'spec.drivers[0]: Duplicate value: "a"'
    ]


def test_a_driver_of_a_host_may_only_change_its_limit():
    """A driver's registration stays as it is; others come and go."""
    old = {"name": "d.example.com", "nodeID": "n"}
    assert csinodes.validate_update(node(old | {"allocatable": {"count": 5}}), node(old)) == []
    assert csinodes.validate_update(node(), node(old)) == []
    assert "field is immutable" in str(csinodes.validate_update(node(old | {"nodeID": "m"}), node(old))[0])


def test_capacities_are_for_one_class_and_place():
    """A report of room is about the same thing for ever."""
    old = {"storageClassName": "c", "nodeTopology": {"matchLabels": {"a": "b"}}, "capacity": "1Gi"}
    assert csistoragecapacities.validate(old) == []
    assert csistoragecapacities.validate_update(old | {"capacity": "2Gi"}, old) == []
    assert messages(csistoragecapacities.validate_update(old | {"storageClassName": "d"}, old)) == [
        'storageClassName: Invalid value: "d": field is immutable'
    ]
    assert messages(csistoragecapacities.validate(old | {"capacity": "-1"})) == [
        'capacity: Invalid value: "-1": must be greater than or equal to 0'
    ]


def attachment(source):
    return {"spec": {"attacher": "d.example.com", "nodeName": "n", "source": source}}


def test_one_thing_is_attached():
    """A volume by name, or one described in place, and not both."""
    assert volumeattachments.validate(attachment({"persistentVolumeName": "v"})) == []
    one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    assert messages(volumeattachments.validate(attachment({}))) == [f"spec.source: Required value: {one}"]
    both = attachment({"persistentVolumeName": "v", "inlineVolumeSpec": {}})
    assert messages(volumeattachments.validate(both)) == [f"spec.source: Forbidden: {one}"]
    changed = volumeattachments.validate_update(attachment({"persistentVolumeName": "w"}), attachment({}))
    assert "field is immutable" in str(changed[0])


def test_errors_of_attaching_are_short():
    """What a driver reports is limited."""
    status = {"status": {"attachError": {"message": "x" * 1025, "errorCode": -1}}}
    assert messages(volumeattachments.validate_status(status, {})) == [
        "status.attachError.message: Too long: may not be more than 262144 bytes",
        "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    ]


def test_a_class_of_qualities_never_changes():
    """Volumes were given what the class says."""
    old = {"driverName": "d.example.com", "parameters": {"iops": "100"}}
    assert volumeattributesclasses.validate(old) == []
    assert messages(volumeattributesclasses.validate({"driverName": "d"})) == [
        "parameters: Required value: must contain at least one key/value pair"
    ]
    assert messages(volumeattributesclasses.validate_update(old | {"parameters": {"iops": "1"}}, old)) == [
        "parameters: Forbidden: updates to parameters are forbidden."
    ]
