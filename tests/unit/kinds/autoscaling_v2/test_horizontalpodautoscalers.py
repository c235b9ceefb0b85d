"""Autoscalers."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of

KIND = kind_named("horizontalpodautoscalers", "autoscaling", "v2")


def scaler(**spec):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {"metadata": {"name": "a", "namespace": "x"}, "spec": {"scaleTargetRef": target, "maxReplicas": 3, **spec}}


def test_defaults():
    """From one replica, at four fifths of the CPU."""
    spec = defaulted(KIND, scaler(behavior={"scaleDown": {"selectPolicy": "Min"}}))["spec"]
    assert spec["minReplicas"] == 1
    target = {"type": "Utilization", "averageUtilization": 80}
    assert spec["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    assert spec["behavior"]["scaleDown"]["selectPolicy"] == "Min"
    assert spec["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 0


def test_bad_scalers():
    """Bounds are in order and measures complete."""
    assert errors_of(KIND, scaler(minReplicas=5)) == [
        "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"
    ]
    assert errors_of(KIND, scaler(metrics=[{"type": "Pods"}])) == [
        "spec.metrics[0].pods: Required value: must populate information for the given metric source"
    ]


def test_targets():
    """Measured of wanted."""
    obj = defaulted(KIND, scaler())
    assert row_of(KIND, obj)["Targets"] == "cpu: <unknown>/80%"
    current = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12}}}
    obj["status"] = {"currentMetrics": [current]}
    assert row_of(KIND, obj)["Targets"] == "cpu: 12%/80%"
    assert row_of(KIND, obj)["Reference"] == "Deployment/web"
