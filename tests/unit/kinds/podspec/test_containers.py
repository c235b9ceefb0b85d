"""Validation of containers."""

import pytest

from tests.unit.kinds.making import container, errors_of, kind_named, pod

POD = kind_named("pods")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "name: Required value"),
        ({"image": ""}, "image: Required value"),
        ({"image": " app"}, 'image: Invalid value: " app": must not have leading or trailing whitespace'),
        (
            {"imagePullPolicy": "Perhaps"},
            'imagePullPolicy: Unsupported value: "Perhaps": supported values: "Always", "IfNotPresent", "Never"',
        ),
        ({"ports": [{}]}, "ports[0].containerPort: Required value"),
        (
            {"ports": [{"containerPort": 70000}]},
            "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            {"ports": [{"containerPort": 80, "protocol": "HTTP"}]},
            'ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            {"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]},
            'ports[1].name: Duplicate value: "a"',
        ),
        (
            {"ports": [{"containerPort": 1, "hostPort": 9}, {"containerPort": 2, "hostPort": 9}]},
            'ports[1].hostPort: Duplicate value: "TCP//9"',
        ),
        ({"env": [{"value": "x"}]}, "env[0].name: Required value"),
        (
            {"env": [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
            'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {}}]},
            (
                'env[0].valueFrom: Invalid value: "": must specify one of: '
                "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            ),
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]},
            (
                'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": '
                "error converting fieldPath: field label not supported: spec.x"
            ),
        ),
        ({"envFrom": [{}]}, 'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
        ({"volumeMounts": [{"name": "x", "mountPath": "/x"}]}, 'volumeMounts[0].name: Not found: "x"'),
        ({"livenessProbe": {}}, "livenessProbe: Required value: must specify a handler type"),
        (
            {"livenessProbe": {"exec": {"command": ["a"]}, "successThreshold": 2}},
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            {"readinessProbe": {"tcpSocket": {"port": 0}}},
            "readinessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            {"readinessProbe": {"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}}},
            "readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
            'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        ),
        (
            {"resources": {"requests": {"memory": "-1"}}},
            'resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        (
            {"resources": {"limits": {"gpu": "1"}}},
            'resources.limits: Invalid value: "gpu": must be a standard resource for containers',
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ),
    ],
)
def test_bad_containers(fields, message):
    """Each mistake is reported at its own path."""
    found = errors_of(POD, pod(container(**fields) if "name" not in fields else {**container(), **fields}))
    assert message.removeprefix("spec.containers[0].") in [one.removeprefix("spec.containers[0].") for one in found]


def test_names_of_containers_are_unique_in_the_pod():
    """Init containers share the names of the others."""
    found = errors_of(POD, pod(container("a"), container("a"), initContainers=[container("a")]))
    assert found == [
        'spec.containers[1].name: Duplicate value: "a"',
        'spec.initContainers[0].name: Duplicate value: "a"',
    ]


def test_only_sidecars_have_probes_among_init_containers():
    """An init container ends by itself; one that stays is probed like the others."""
    probed = {"readinessProbe": {"exec": {"command": ["true"]}}}
    assert errors_of(POD, pod(initContainers=[container("a", restartPolicy="Always", **probed)])) == []
    assert errors_of(POD, pod(initContainers=[container("a", **probed)])) == [
        (
            "spec.initContainers[0].readinessProbe: Forbidden: "
            "may not be set for init containers without restartPolicy=Always"
        )
    ]


def test_mount_paths_are_unique():
    """Two volumes at one place would hide each other."""
    mounts = [{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x", "subPath": "../y"}]
    assert errors_of(POD, pod(container(volumeMounts=mounts), volumes=[{"name": "v"}])) == [
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
        "spec.containers[0].volumeMounts[1].subPath: Invalid value: \"../y\": must not contain '..'",
    ]
