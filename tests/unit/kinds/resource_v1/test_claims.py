"""Claims on devices and classes of them."""

import pytest

from bouvier.kinds.resource_v1 import deviceclasses, resourceclaims, resourceclaimtemplates


def messages(errors):
    return [str(error) for error in errors]


def claim(*requests, **devices):
    obj = {"metadata": {"name": "c"}, "spec": {"devices": {"requests": list(requests), **devices}}}
    resourceclaims.default(obj)
    return obj


GPU = {"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}


def test_requests_are_for_one_device():
    """A request that says no number is for one, and a toleration that says no operator compares."""
    made = claim(GPU | {"exactly": {"deviceClassName": "c", "tolerations": [{"key": "a"}]}})
    assert made["spec"]["devices"]["requests"][0]["exactly"] == {
        "deviceClassName": "c",
        "allocationMode": "ExactCount",
        "count": 1,
        "tolerations": [{"key": "a", "operator": "Equal"}],
    }
    assert resourceclaims.validate(made) == []


def exactly(**fields):
    return {"name": "r", "exactly": {"deviceClassName": "c", **fields}}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"name": "r"}, ": Required value: exactly one of `exactly` or `firstAvailable` is required"),
        (
            exactly() | {"firstAvailable": [{"name": "s", "deviceClassName": "c"}]},
            ": Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set",
        ),
        (exactly(deviceClassName=""), ".exactly.deviceClassName: Required value"),
        (
            exactly(allocationMode="All", count=2),
            ".exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
        ),
        (
            exactly(allocationMode="Some"),
            '.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
        ),
        (exactly(selectors=[{}]), ".exactly.selectors[0].cel: Required value"),
        (
            exactly(tolerations=[{"operator": "Exists", "value": "v"}]),
            '.exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
        ),
    ],
)
def test_requests_are_checked(request_, message):
    """Errors are those of the original."""
    assert messages(resourceclaims.validate(claim(request_))) == [f"spec.devices.requests[0]{message}"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('device.driver == "gpu.example.com"', ""),
        ('device.attributes["gpu.example.com"].model == "big"', ""),
        ('device.capacity["gpu.example.com"].memory.compareTo(quantity("8Gi")) >= 0', ""),
        ('cel.bind(gpu, device.attributes["gpu.example.com"], gpu.big && gpu.fast)', ""),
        ("device.nonsense", "compilation failed"),
        ("device.driver", "must evaluate to bool or the unknown type, not string"),
        (" ".join(["true ||"] * 2000) + " true", "Too long"),
    ],
)
def test_selectors_are_compiled(expression, words):
    """An expression that cannot choose devices is refused at once."""
    found = messages(resourceclaims.validate(claim(exactly(selectors=[{"cel": {"expression": expression}}]))))
    assert [words in found[0]] == [True] if words else found == []


def test_constraints_and_configurations_name_requests():
    """Names of requests, and of their alternatives behind a slash."""
    first = {"name": "any", "firstAvailable": [{"name": "big", "deviceClassName": "c"}]}
    constraint = {"requests": ["gpu", "any/big"], "matchAttribute": "gpu.example.com/numa"}
    config = {"requests": ["any"], "opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}}
    assert resourceclaims.validate(claim(GPU, first, constraints=[constraint], config=[config])) == []
    unknown = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
    wrong = claim(GPU, constraints=[constraint | {"requests": ["gpu/big"]}])
    assert messages(resourceclaims.validate(wrong)) == [
        f'spec.devices.constraints[0].requests[0]: Invalid value: "gpu/big": {unknown}'
    ]
    plain = claim(GPU, constraints=[{"matchAttribute": "numa"}])
    assert messages(resourceclaims.validate(plain)) == [
        (
            'spec.devices.constraints[0].matchAttribute: Invalid value: "numa":'
            " a fully qualified name must be a domain and a name separated by a slash"
        )
    ]


def test_claims_and_templates_do_not_change():
    """What was asked for stays."""
    old, new = claim(GPU), claim(GPU, exactly())
    assert "spec: Invalid value" in messages(resourceclaims.validate_update(new, old))[0]
    assert resourceclaims.validate_update(old, old) == []
    templates = [{"spec": {"spec": one["spec"]}} for one in (new, old)]
    assert "field is immutable" in messages(resourceclaimtemplates.validate_update(*templates))[0]


RESULT = {"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu0"}
USER = {"resource": "pods", "name": "p", "uid": "1"}


def given(**status):
    return claim(GPU) | {"status": status}


def test_a_claim_is_given_devices_once():
    """Results name requests of the claim; once there, they stay."""
    allocation = {"devices": {"results": [RESULT]}}
    new = given(allocation=allocation, reservedFor=[USER])
    assert resourceclaims.KIND.validate_status(new, given()) == []
    assert resourceclaims.KIND.validate_status(new, new) == []
    other = given(allocation={"devices": {"results": [RESULT | {"device": "gpu1"}]}})
    assert "field is immutable" in messages(resourceclaims.KIND.validate_status(other, new))[0]
    strange = given(allocation={"devices": {"results": [RESULT | {"request": "tpu"}]}})
    assert "must be the name of a request" in messages(resourceclaims.KIND.validate_status(strange, given()))[0]


def test_only_allocated_claims_have_users():
    """Nobody uses a claim without devices, and nobody new one that is on its way out."""
    assert messages(resourceclaims.KIND.validate_status(given(reservedFor=[USER]), given())) == [
        "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"
    ]
    going = given(allocation={"devices": {"results": [RESULT]}}, reservedFor=[USER])
    going["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    found = messages(resourceclaims.KIND.validate_status(going, given(allocation=going["status"]["allocation"])))
    assert found == [
        (
            "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested`"
            " or `deletionTimestamp` are set"
        )
    ]


def test_drivers_report_on_devices_that_were_given():
    """A report is about a device of the claim; its addresses are in canonical form."""
    report = {"driver": "gpu.example.com", "pool": "n1", "device": "gpu0"}
    allocation = {"devices": {"results": [RESULT]}}
    good = report | {"networkData": {"ips": ["10.0.0.1/24", "2001:db8::1/64"]}}
    assert resourceclaims.KIND.validate_status(given(allocation=allocation, devices=[good]), given()) == []
    wrong = given(allocation=allocation, devices=[report | {"device": "gpu9"}])
    assert messages(resourceclaims.KIND.validate_status(wrong, given())) == [
        'status.devices[0]: Invalid value: "gpu.example.com/n1/gpu9": must be an allocated device in the claim'
    ]
    address = given(allocation=allocation, devices=[report | {"networkData": {"ips": ["10.0.0.1"]}}])
    assert "must be a valid address in CIDR form" in messages(resourceclaims.KIND.validate_status(address, given()))[0]


@pytest.mark.parametrize(
    ("status", "deleting", "state"),
    [
        ({}, False, "pending"),
        ({"allocation": {}}, False, "allocated"),
        ({"allocation": {}, "reservedFor": [USER]}, False, "allocated,reserved"),
        ({"allocation": {}}, True, "deleted,allocated"),
        ({}, True, "deleted"),
    ],
)
def test_a_claims_state(status, deleting, state):
    """The table says how far a claim is."""
    obj = given(**status)
    if deleting:
        obj["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    column = next(column for column in resourceclaims.KIND.columns if column.name == "State")
    assert column.value(obj) == state


def test_names_of_extended_resources():
    """A class may stand for a resource that pods ask for by name, not for one of Kubernetes' own."""
    assert deviceclasses.validate({"spec": {"extendedResourceName": "example.com/gpu"}}) == []
    for name in ("cpu", "kubernetes.io/gpu", "requests.example.com/gpu"):
        assert messages(deviceclasses.validate({"spec": {"extendedResourceName": name}})) == [
            f'spec.extendedResourceName: Invalid value: "{name}": must be a valid extended resource name'
        ]
