"""Validation of a pod's spec: paths, order and words as Kubernetes has them."""

import pytest

from tests.unit.kinds.making import container, errors_of, kind_named, pod

POD = kind_named("pods")


def test_a_good_pod_passes():
    """A pod that uses much of the spec is valid."""
    spec = {
        "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "cfg", "configMap": {"name": "c"}}],
        "initContainers": [container("setup"), container("side", restartPolicy="Always")],
        "tolerations": [{"operator": "Exists"}, {"key": "a", "value": "b", "effect": "NoExecute"}],
        "nodeSelector": {"zone": "a"},
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}],
        "affinity": {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
                ]
            }
        },
    }
    main = container(
        ports=[{"containerPort": 80, "name": "http"}],
        env=[{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "A", "value": "b"}],
        envFrom=[{"secretRef": {"name": "s"}}],
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
        livenessProbe={"httpGet": {"port": "http"}},
        lifecycle={"preStop": {"exec": {"command": ["true"]}}},
        resources={"requests": {"cpu": "1", "example.com/gpu": 1}, "limits": {"cpu": 2, "example.com/gpu": "1"}},
        securityContext={"runAsUser": 0, "privileged": True},
    )
    assert errors_of(POD, pod(main, **spec)) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"containers": []}, "spec.containers: Required value"),
        (
            {"restartPolicy": "Sometimes"},
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
        ),
        (
            {"activeDeadlineSeconds": 0},
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            {"dnsPolicy": "None"},
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 5}]},
            (
                'spec.tolerations[0].effect: Invalid value: "": '
                "effect must be 'NoExecute' when `tolerationSeconds` is set"
            ),
        ),
        (
            {"tolerations": [{"operator": "Equal"}]},
            (
                'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, '
                'which means "match all values and all keys"'
            ),
        ),
        (
            {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}]},
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        ),
        (
            {"hostPID": True, "shareProcessNamespace": True},
            (
                "spec.securityContext.shareProcessNamespace: Invalid value: true: "
                "ShareProcessNamespace and HostPID cannot both be enabled"
            ),
        ),
        (
            {"hostAliases": [{"ip": "db"}]},
            (
                'spec.hostAliases[0].ip: Invalid value: "db": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)"
            ),
        ),
        (
            {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
            (
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
                "Required value: must have at least one node selector term"
            ),
        ),
        (
            {
                "containers": [container(ports=[{"containerPort": 80, "hostPort": 81}])],
                "hostNetwork": True,
            },
            (
                "spec.containers[0].ports[0].containerPort: Invalid value: 80: "
                "must match `hostPort` when `hostNetwork` is true"
            ),
        ),
    ],
)
def test_bad_specs(spec, message):
    """One mistake gives one error."""
    assert errors_of(POD, {**pod(), "spec": {**pod()["spec"], **spec}}) == [message]
