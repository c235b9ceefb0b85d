"""Candidates for a lease."""

import pytest

from bouvier.kinds.coordination_v1 import leases
from bouvier.kinds.coordination_v1beta1 import leasecandidates

GOOD = {
    "leaseName": "l",
    "binaryVersion": "1.35.0",
    "emulationVersion": "1.34.0",
    "strategy": "OldestEmulationVersion",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"leaseName": ""}, "spec.leaseName: Required value"),
        ({"binaryVersion": "1.35"}, 'spec.binaryVersion: Invalid value: "1.35": must be a valid semantic version'),
        (
            {"binaryVersion": "1.33.0"},
            'spec.binaryVersion: Invalid value: "1.33.0": must be greater than or equal to `emulationVersion`',
        ),
        (
            {"emulationVersion": ""},
            "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
        ),
        (
            {"strategy": "Best"},
            'spec.strategy: Unsupported value: "Best": supported values: "OldestEmulationVersion"',
        ),
        ({"strategy": "example.com/best"}, ""),
    ],
)
def test_candidates_are_checked(change, message):
    """Errors are those of the original."""
    found = [str(error) for error in leasecandidates.validate({"spec": GOOD | change})]
    assert found == ([message] if message else [])


def test_a_candidate_stays_with_its_lease():
    """Standing for another lease takes another object."""
    old, new = {"spec": GOOD}, {"spec": GOOD | {"leaseName": "m"}}
    assert [str(error) for error in leasecandidates.validate_update(new, old)] == [
        'spec.leaseName: Invalid value: "m": field is immutable'
    ]


def test_a_released_lease_has_no_holder():
    """Elections release a lease by writing an empty holder."""
    assert leases.validate({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}) == []
    assert [str(error) for error in leases.validate({"spec": {"preferredHolder": "me"}})] == [
        "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"
    ]
