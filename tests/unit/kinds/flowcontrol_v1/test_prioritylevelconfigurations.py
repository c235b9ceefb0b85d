"""PriorityLevelConfigurations."""

import copy

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.kinds.flowcontrol_v1.prioritylevelconfigurations import KIND, entropy_bits

QUEUING = {"queues": 64, "handSize": 6, "queueLengthLimit": 50}


def level(name="mine", **spec) -> dict:
    return {"metadata": {"name": name}, "spec": spec}


def limited(**changed) -> dict:
    filled = {"nominalConcurrencyShares": 10, "limitResponse": {"type": "Reject"}}
    return level(type="Limited", limited=filled | changed)


def queued(**changed) -> dict:
    return limited(limitResponse={"type": "Queue", "queuing": QUEUING | changed})


def errors(obj) -> list[str]:
    return [str(error) for error in KIND.validate(obj)]


@pytest.mark.parametrize("obj", [*born.MANDATORY_LEVELS, *born.SUGGESTED_LEVELS], ids=lambda o: o["metadata"]["name"])
def test_born_levels_are_good(obj):
    """What the server makes itself passes its checks and needs no default."""
    filled = copy.deepcopy(obj)
    KIND.default(filled)
    assert filled == obj
    assert errors(obj) == []
    assert not schemas.check(KIND, obj).errors


def test_defaults():
    """Shares, lending and queues are filled; a share of nothing stays."""
    obj = level(type="Limited", limited={"limitResponse": {"type": "Queue", "queuing": {}}})
    KIND.default(obj)
    assert obj["spec"]["limited"] == {
        "nominalConcurrencyShares": 30,
        "lendablePercent": 0,
        "limitResponse": {"type": "Queue", "queuing": {"handSize": 8, "queues": 64, "queueLengthLimit": 50}},
    }
    nothing = limited(nominalConcurrencyShares=0)
    KIND.default(nothing)
    assert nothing["spec"]["limited"]["nominalConcurrencyShares"] == 0
    assert errors(nothing) == []


@pytest.mark.parametrize(
    ("obj", "error"),
    [
        (
            level(type="Exempt"),
            "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
        ),
        (level(type="Foo"), 'spec.type: Unsupported value: "Foo": supported values: "Exempt", "Limited"'),
        (level(type="Limited"), "spec.limited: Required value: must not be empty when type is Limited"),
        (
            limited() | {"spec": limited()["spec"] | {"exempt": {}}},
            "spec.exempt: Forbidden: must be nil if the type is Limited",
        ),
        (
            limited(nominalConcurrencyShares=-1),
            "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        ),
        (
            limited(lendablePercent=101),
            "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
        ),
        (
            limited(borrowingLimitPercent=-1),
            "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
        ),
        (
            limited(limitResponse={"type": "Wait"}),
            'spec.limited.limitResponse.type: Unsupported value: "Wait": supported values: "Queue", "Reject"',
        ),
        (
            limited(limitResponse={"type": "Reject", "queuing": QUEUING}),
            "spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited",
        ),
        (
            limited(limitResponse={"type": "Queue"}),
            "spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited",
        ),
        (queued(queues=-1), "spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive"),
        (
            queued(queues=10_000_001),
            "spec.limited.limitResponse.queuing.queues: Invalid value: 10000001: must not be greater than 10000000",
        ),
        (
            queued(handSize=65),
            "spec.limited.limitResponse.queuing.handSize: Invalid value: 65: should not be greater than queues (64)",
        ),
        (
            queued(queues=512, handSize=8),
            (
                "spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and "
                "handSize 8 should not be greater than 60"
            ),
        ),
        (
            queued(queueLengthLimit=-5),
            "spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -5: must be positive",
        ),
    ],
)
def test_wrong_levels_are_refused(obj, error):
    """Each mistake is told in Kubernetes' words."""
    assert error in errors(obj)


def test_mandatory_levels_stay_as_they_are():
    """Only what the exempt level holds back and lends may be changed."""
    exempt = copy.deepcopy(born.MANDATORY_LEVELS[0])
    exempt["spec"]["exempt"]["nominalConcurrencyShares"] = 50
    assert errors(exempt) == []
    exempt["spec"]["exempt"]["lendablePercent"] = 101
    assert errors(exempt) == ["spec.exempt.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"]
    wrong = limited() | {"metadata": {"name": "exempt"}}
    assert "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value" in errors(wrong)[-1]
    assert (
        "spec of 'catch-all' must equal the fixed value" in errors(limited() | {"metadata": {"name": "catch-all"}})[-1]
    )


def test_entropy():
    """Six of 128 queues take 42 bits, eight of 512 too many."""
    assert entropy_bits(128, 6) == 42
    assert entropy_bits(64, 8) == 48
    assert entropy_bits(512, 8) > 60


def test_cells():
    """Numbers of the queues, `<none>` where there are none."""
    assert [column.value(queued()) for column in KIND.columns][1:6] == ["Limited", 10, 64, 6, 50]
    assert [column.value(born.MANDATORY_LEVELS[0]) for column in KIND.columns][1:6] == ["Exempt"] + ["<none>"] * 4
