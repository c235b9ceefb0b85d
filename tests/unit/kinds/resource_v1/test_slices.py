"""Devices that drivers offer, taints on them, and the older ways of writing both."""

import copy

import pytest

from bouvier.kinds.resource_v1 import devicetaintrules, resourceclaims, resourceslices


def messages(errors):
    return [str(error) for error in errors]


def slice_of(*devices, **spec):
    pool = {"name": "n1", "generation": 1, "resourceSliceCount": 1}
    return {"spec": {"driver": "gpu.example.com", "pool": pool, "nodeName": "n1", "devices": list(devices)} | spec}


GPU = {"name": "gpu0"}


def test_a_slice_of_devices():
    """Attributes of every type, capacities, taints and counters are accepted."""
    device = GPU | {
        "attributes": {"model": {"string": "big"}, "cores": {"int": 8}, "other.example.com/fast": {"bool": True}},
        "capacity": {"memory": {"value": "8Gi"}},
        "taints": [{"key": "a", "effect": "NoSchedule"}],
        "consumesCounters": [{"counterSet": "s", "counters": {"slots": {"value": "1"}}}],
    }
    made = slice_of(device)
    resourceslices.default(made)
    assert resourceslices.validate(made) == []
    assert made["spec"]["devices"][0]["taints"][0]["timeAdded"]


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ({"name": "GPU"}, "spec.devices[0].name: Invalid value"),
        (GPU | {"attributes": {"a": {}}}, 'spec.devices[0].attributes[a]: Invalid value: "": exactly one value must'),
        (GPU | {"attributes": {"1a": {"int": 1}}}, "a valid C identifier must start with alphabetic character or '_'"),
        (GPU | {"attributes": {"v": {"version": "1"}}}, "must be a string compatible with semver.org spec 2.0.0"),
        (GPU | {"nodeName": "n"}, "can only be set if `perDeviceNodeSelection` is set to true"),
        (GPU | {"taints": [{"key": "a"}]}, "spec.devices[0].taints[0].effect: Required value"),
        (GPU | {"consumesCounters": [{"counterSet": "s"}]}, "consumesCounters[0].counters: Required value"),
        (
            GPU | {"attributes": {f"a{number}": {"int": 1} for number in range(33)}},
            "Invalid value: 33: the total number of attributes and capacities must not exceed 32",
        ),
        (
            GPU | {"bindingConditions": ["Ready"]},
            "bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions",
        ),
        (
            GPU | {"capacity": {"m": {"value": "1Gi", "requestPolicy": {"default": "1Gi"}}}},
            "spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true",
        ),
    ],
)
def test_devices_are_checked(device, message):
    """Errors are those of the original."""
    found = messages(resourceslices.validate(slice_of(device)))
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"default": "1Gi", "validValues": ["1Gi", "2Gi"]}, ""),
        (
            {"default": "3Gi", "validValues": ["1Gi", "2Gi"]},
            "default value is not valid according to the requestPolicy",
        ),
        ({"default": "1Gi", "validValues": ["2Gi", "1Gi"]}, "values must be sorted in ascending order"),
        ({"validValues": ["1Gi"]}, "default: Required value: required when validValues is defined"),
        ({"default": "2Gi", "validRange": {"min": "1Gi", "max": "4Gi", "step": "1Gi"}}, ""),
        ({"default": "1536Mi", "validRange": {"min": "1Gi", "step": "1Gi"}}, "value is not a multiple of a given step"),
        ({"default": "1Gi", "validRange": {"min": "1Gi", "max": "9Gi"}}, "max is larger than capacity value: 8Gi"),
    ],
)
def test_shared_devices_are_handed_out_in_parts(policy, message):
    """The parts fit into the whole, and the usual part is one of them."""
    device = GPU | {"allowMultipleAllocations": True, "capacity": {"memory": {"value": "8Gi", "requestPolicy": policy}}}
    found = messages(resourceslices.validate(slice_of(device)))
    assert [message in one for one in found] == ([True] if message else [])


def test_a_slice_says_whose_devices_it_holds():
    """One host, some, all, or each device by itself."""
    one = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
    assert messages(resourceslices.validate(slice_of(nodeName=None))) == [f"spec: Required value: {one}"]
    assert messages(resourceslices.validate(slice_of(allNodes=True))) == [
        f'spec: Invalid value: "{{`nodeName`, `allNodes`}}": {one}, but multiple fields are set'
    ]
    by_device = slice_of(GPU | {"allNodes": True}, nodeName=None, perDeviceNodeSelection=True)
    assert resourceslices.validate(by_device) == []


def test_a_slice_keeps_pool_driver_and_host():
    """Generation and devices change, the rest does not."""
    old = slice_of(GPU)
    new = slice_of(nodeName="n2", driver="other.example.com")
    assert messages(resourceslices.validate_update(new, old)) == [
        'spec.driver: Invalid value: "other.example.com": field is immutable',
        'spec.nodeName: Invalid value: "n2": field is immutable',
    ]


def test_a_rule_taints_devices():
    """The effect is one that is known; the moment is noted."""
    rule = {"spec": {"deviceSelector": {"driver": "gpu.example.com"}, "taint": {"key": "a", "effect": "NoExecute"}}}
    devicetaintrules.default(rule)
    assert rule["spec"]["taint"]["timeAdded"]
    assert devicetaintrules.validate(rule) == []
    rule["spec"]["taint"]["effect"] = "Never"
    assert messages(devicetaintrules.validate(rule)) == [
        'spec.taint.effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"'
    ]


@pytest.mark.parametrize(
    ("view", "obj", "stored"),
    [
        (
            resourceclaims.VIEWS[1],
            {"spec": {"devices": {"requests": [{"name": "r", "deviceClassName": "c", "count": 2}]}}},
            {"spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "c", "count": 2}}]}}},
        ),
        (
            resourceclaims.VIEWS[1],
            {"spec": {"devices": {"requests": [{"name": "r", "firstAvailable": [{"name": "s"}]}]}}},
            {"spec": {"devices": {"requests": [{"name": "r", "firstAvailable": [{"name": "s"}]}]}}},
        ),
        (
            resourceslices.VIEWS[1],
            {"spec": {"devices": [{"name": "d", "basic": {"attributes": {"a": {"int": 1}}}}]}},
            {"spec": {"devices": [{"name": "d", "attributes": {"a": {"int": 1}}}]}},
        ),
    ],
)
def test_the_oldest_version_is_written_otherwise(view, obj, stored):
    """There and back again, nothing is lost."""
    up = view.to_storage(copy.deepcopy(obj))
    assert up == stored | {"apiVersion": "resource.k8s.io/v1"}
    assert view.from_storage(up) == obj | {"apiVersion": "resource.k8s.io/v1beta1"}
