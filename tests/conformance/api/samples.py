"""The smallest valid object of each kind, as its plural's path says where it is kept."""

from typing import Any, NamedTuple

Obj = dict[str, Any]

LABELS = {"app": "sample"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}
JOB_TEMPLATE = {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
SELECTOR = {"matchLabels": LABELS}
CONDITION = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test"}
TIMED = CONDITION | {"lastTransitionTime": "2024-01-01T00:00:00Z"}


class Sample(NamedTuple):
    """One kind."""

    version: str
    """apiVersion."""
    plural: str
    kind: str
    fields: Obj
    """Everything beside the metadata."""
    status: Obj | None = None
    """A status that can be written, for kinds that have one."""
    namespaced: bool = True
    is_graceful: bool = False
    """Whether finalizers or controllers keep a deleted object for a while."""
    notes_by_status: bool = True
    """Whether annotations may be written through `/status`."""
    server_status: str = ""
    """What the server itself writes into the status of a new object, if it does."""

    def path(self, namespace: str = "") -> str:
        """Return the path of the collection, of all namespaces without one."""
        prefix = "/api/v1" if self.version == "v1" else f"/apis/{self.version}"
        where = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{prefix}{where}/{self.plural}"

    def made(self, name: str, namespace: str = "", **metadata: Any) -> Obj:
        """Return an object."""
        made = {"apiVersion": self.version, "kind": self.kind, "metadata": {"name": name, **metadata}, **self.fields}
        for field in ("involvedObject", "regarding"):
            if field in made:  # an event stands in the namespace of what it is about
                made[field] = made[field] | {"namespace": namespace}
        return made


def _workload(**more: Any) -> Obj:
    return {"spec": {"selector": SELECTOR, "template": TEMPLATE, **more}}


_WEBHOOK = {
    "name": "a.example.com",
    "clientConfig": {"url": "https://example.com/hook"},
    "rules": [{"operations": ["CREATE"], "apiGroups": ["none.example.com"], "apiVersions": ["v1"], "resources": ["x"]}],
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
_POLICY = {
    "matchConstraints": {
        "resourceRules": [
            {"operations": ["CREATE"], "apiGroups": ["none.example.com"], "apiVersions": ["v1"], "resources": ["x"]}
        ]
    },
    "validations": [{"expression": "true"}],
}

SAMPLES = (
    Sample("v1", "configmaps", "ConfigMap", {"data": {"a": "b"}}),
    Sample("v1", "secrets", "Secret", {"stringData": {"a": "b"}}),
    Sample(
        "v1", "endpoints", "Endpoints", {"subsets": [{"addresses": [{"ip": "10.0.0.24"}], "ports": [{"port": 80}]}]}
    ),
    Sample(
        "v1",
        "events",
        "Event",
        {"involvedObject": {"kind": "Pod", "name": "x"}, "message": "m", "reason": "Test", "type": "Normal"},
    ),
    Sample("v1", "limitranges", "LimitRange", {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "2"}}]}}),
    Sample(
        "v1",
        "persistentvolumes",
        "PersistentVolume",
        {
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": "/mnt/x"},
                "storageClassName": "none",
            }
        },
        {"phase": "Failed", "message": "StatusUpdate"},
        namespaced=False,
        is_graceful=True,
    ),
    Sample(
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": "none",
            }
        },
        {"conditions": [CONDITION]},
        is_graceful=True,
    ),
    Sample("v1", "pods", "Pod", {"spec": TEMPLATE["spec"]}, {"conditions": [CONDITION], "message": "patched"}),
    Sample("v1", "podtemplates", "PodTemplate", {"template": TEMPLATE}),
    Sample(
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        {"spec": {"selector": LABELS, "template": TEMPLATE, "replicas": 1}},
        {"replicas": 0, "conditions": [CONDITION]},
    ),
    Sample("v1", "resourcequotas", "ResourceQuota", {"spec": {"hard": {"secrets": "99"}}}, {"hard": {"secrets": "99"}}),
    Sample("v1", "serviceaccounts", "ServiceAccount", {}),
    Sample("v1", "services", "Service", {"spec": {"ports": [{"port": 80}]}}, {"conditions": [TIMED]}),
    Sample("v1", "nodes", "Node", {}, {"conditions": [CONDITION], "phase": "Running"}, namespaced=False),
    Sample("apps/v1", "controllerrevisions", "ControllerRevision", {"revision": 1, "data": {"a": 1}}),
    Sample("apps/v1", "daemonsets", "DaemonSet", _workload(), {"conditions": [CONDITION]}),
    Sample("apps/v1", "deployments", "Deployment", _workload(), {"conditions": [CONDITION]}),
    Sample("apps/v1", "replicasets", "ReplicaSet", _workload(), {"replicas": 0, "conditions": [CONDITION]}),
    Sample(
        "apps/v1", "statefulsets", "StatefulSet", _workload(serviceName="x"), {"replicas": 0, "conditions": [CONDITION]}
    ),
    Sample(
        "autoscaling/v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        {"spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}}},
        {"currentReplicas": 1, "desiredReplicas": 1},
    ),
    Sample(
        "batch/v1",
        "cronjobs",
        "CronJob",
        {"spec": {"schedule": "*/1 * * * *", "suspend": True, "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}}},
        {"lastScheduleTime": "2024-01-01T00:00:00Z"},
    ),
    Sample(
        "batch/v1",
        "jobs",
        "Job",
        {"spec": {"suspend": True, "template": JOB_TEMPLATE}},
        {"active": 0, "conditions": [{"type": "CustomConditionType", "status": "True"}]},
    ),
    Sample("coordination.k8s.io/v1", "leases", "Lease", {"spec": {"holderIdentity": "x"}}),
    Sample(
        "discovery.k8s.io/v1",
        "endpointslices",
        "EndpointSlice",
        {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.24"]}], "ports": [{"port": 80}]},
    ),
    Sample(
        "events.k8s.io/v1",
        "events",
        "Event",
        {
            "eventTime": "2024-01-01T00:00:00.000001Z",
            "note": "n",
            "action": "Do",
            "reason": "Test",
            "type": "Normal",
            "reportingController": "test-controller",
            "reportingInstance": "test-node",
            "regarding": {"kind": "Pod", "name": "x"},
        },
    ),
    Sample(
        "networking.k8s.io/v1",
        "ingresses",
        "Ingress",
        {"spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}},
        {"loadBalancer": {"ingress": [{"ip": "169.1.1.1"}]}},
    ),
    Sample(
        "networking.k8s.io/v1",
        "ingressclasses",
        "IngressClass",
        {"spec": {"controller": "example.com/controller"}},
        namespaced=False,
    ),
    Sample("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", {"spec": {"podSelector": SELECTOR}}),
    Sample("node.k8s.io/v1", "runtimeclasses", "RuntimeClass", {"handler": "runc"}, namespaced=False),
    Sample(
        "policy/v1",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        {"spec": {"minAvailable": 1, "selector": SELECTOR}},
        {
            "currentHealthy": 1,
            "desiredHealthy": 1,
            "disruptionsAllowed": 0,
            "expectedPods": 1,
            "disruptedPods": {"x": "2024-01-01T00:00:00Z"},
        },
    ),
    Sample("rbac.authorization.k8s.io/v1", "roles", "Role", {"rules": []}),
    Sample("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", {"rules": []}, namespaced=False),
    Sample(
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
        "RoleBinding",
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}},
    ),
    Sample(
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        "ClusterRoleBinding",
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"}},
        namespaced=False,
    ),
    Sample("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", {"value": 1}, namespaced=False),
    Sample("storage.k8s.io/v1", "storageclasses", "StorageClass", {"provisioner": "x.example.com"}, namespaced=False),
    Sample("storage.k8s.io/v1", "csidrivers", "CSIDriver", {"spec": {}}, namespaced=False),
    Sample("storage.k8s.io/v1", "csinodes", "CSINode", {"spec": {"drivers": []}}, namespaced=False),
    Sample("storage.k8s.io/v1", "csistoragecapacities", "CSIStorageCapacity", {"storageClassName": "x"}),
    Sample(
        "storage.k8s.io/v1",
        "volumeattachments",
        "VolumeAttachment",
        {"spec": {"attacher": "x.example.com", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}},
        {"attached": True},
        namespaced=False,
        notes_by_status=False,
    ),
    Sample(
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        {"webhooks": [_WEBHOOK]},
        namespaced=False,
    ),
    Sample(
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        {"webhooks": [_WEBHOOK]},
        namespaced=False,
    ),
    Sample(
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        {"spec": _POLICY},
        {"conditions": [TIMED]},
        namespaced=False,
        notes_by_status=False,
        server_status="observedGeneration",
    ),
    Sample(
        "admissionregistration.k8s.io/v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        {"spec": {"policyName": "p", "validationActions": ["Deny"]}},
        namespaced=False,
    ),
)
BY_PLURAL = {f"{one.plural}.{one.version}": one for one in SAMPLES}
