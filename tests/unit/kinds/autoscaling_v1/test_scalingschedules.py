"""What a ScalingSchedule may say."""

import pytest

from bouvier.kinds.autoscaling_v1.scalingschedules import KIND

RULE = {"name": "day", "schedule": "0 8 * * *", "replicas": 1}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"rules": [RULE], "scaleTargetRef": TARGET | {"kind": "DaemonSet"}}, "spec.scaleTargetRef.kind: Unsupported"),
        ({"rules": []}, "spec.rules: Required value"),
        ({"rules": [RULE], "timeZone": "Mars/Base"}, "spec.timeZone: Invalid value"),
        ({"rules": [RULE | {"schedule": "0 25 * * *"}]}, "spec.rules[0].schedule: Invalid value"),
        ({"rules": [RULE | {"schedule": "@every 5m"}]}, "names no time of day"),
        ({"rules": [RULE, RULE]}, "spec.rules[1].name: Duplicate value"),
        ({"rules": [RULE | {"minReplicas": 1}]}, "spec.rules[0].replicas: Required value: name either"),
        ({"rules": [{"name": "a", "schedule": "0 8 * * *"}]}, "spec.rules[0].replicas: Required value: name either"),
        (
            {"rules": [{"name": "a", "schedule": "0 8 * * *", "minReplicas": 3, "maxReplicas": 2}]},
            "spec.rules[0].maxReplicas: Invalid value: 2",
        ),
    ],
)
def test_what_is_wrong_is_named(spec: dict, message: str) -> None:
    """Each refusal names the field and what would be right."""
    obj = {"metadata": {"name": "s"}, "spec": {"scaleTargetRef": TARGET} | spec}
    assert message in "\n".join(str(error) for error in KIND.validate(obj))


def test_a_good_one_passes() -> None:
    """Defaults fill the target's version, and nothing is wrong then."""
    obj = {
        "metadata": {"name": "s"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "rules": [RULE]},
    }
    KIND.default(obj)
    assert KIND.validate(obj) == []
