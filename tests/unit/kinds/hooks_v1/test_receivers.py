"""What a Receiver may say."""

from typing import Any

import pytest

from bouvier.kinds.hooks_v1.receivers import KIND

GOOD_HASH = "sha256:" + "0" * 64
TARGET = {"kind": "Deployment", "name": "web"}


def receiver(**spec: Any) -> dict[str, Any]:
    obj = {"metadata": {"name": "up"}, "spec": {"secretHash": GOOD_HASH} | spec}
    KIND.default(obj)
    return obj


def test_what_is_left_open_is_filled_once() -> None:
    """Bounds, rate and the target's version have usual values; filling twice changes nothing."""
    obj = receiver(action="scale", target=dict(TARGET), scale={"by": 1})
    again = {**obj, "spec": dict(obj["spec"])}
    KIND.default(again)
    assert again == obj
    assert obj["spec"]["scale"] == {"by": 1, "min": 1, "max": 100}
    assert KIND.validate(obj) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"action": "explode"}, 'spec.action: Unsupported value: "explode"'),
        ({"action": "scale", "scale": {"by": 1}}, "spec.target: Required value"),
        ({"action": "scale", "scale": {"by": 0}, "target": TARGET}, "spec.scale.by: Invalid value: 0"),
        (
            {"action": "scale", "scale": {"by": 1, "min": 5, "max": 2}, "target": TARGET},
            "spec.scale.max: Invalid value: 2",
        ),
        (
            {"action": "scale", "scale": {"by": 1}, "target": {"kind": "DaemonSet", "name": "a"}},
            'spec.target.kind: Unsupported value: "DaemonSet": supported values: "Deployment", "ReplicationController"',
        ),
        ({"action": "scale", "scale": {"by": 1}, "target": TARGET, "install": {}}, "spec.install: Forbidden"),
        ({"action": "upgrade"}, "spec.target: Invalid value: false: name either a target or a selector"),
        ({"action": "upgrade", "selector": {}}, "spec.selector: Required value: an empty selector"),
        ({"action": "upgrade", "target": TARGET, "upgrade": {"repository": "a:1"}}, "spec.upgrade.repository"),
        ({"action": "install", "install": {"catalog": "library"}}, "spec.install.entry: Required value"),
        ({"action": "upgrade", "target": TARGET, "secretHash": "s3cret"}, "spec.secretHash: Invalid value"),
        ({"action": "upgrade", "target": TARGET, "expires": "soon"}, "spec.expires: Invalid value"),
        ({"action": "upgrade", "target": TARGET, "callsPerMinute": 0}, "spec.callsPerMinute: Invalid value: 0"),
    ],
)
def test_what_is_wrong_is_named(spec: dict[str, Any], message: str) -> None:
    """Each refusal names the field and what would be right."""
    found = "\n".join(str(error) for error in KIND.validate(receiver(**spec)))
    assert message in found
