"""The roles that administrators give to people: view, edit and admin, with the original's rules and those of our own kinds.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
"""

from __future__ import annotations

from bouvier.apiserver.authz.rule_forms import ALL, API, READ, WRITE, rule

BUILDING, IMAGES = "build.openshift.io", "image.openshift.io"
ROUTING, PROJECTS = "route.openshift.io", "project.openshift.io"

_EXTENSIONS = ["deployments", "deployments/scale", "replicasets", "replicasets/scale", "replicationcontrollers/scale"]
_EXTENSIONS_READ = sorted(
    [
        *_EXTENSIONS,
        "daemonsets",
        "daemonsets/status",
        "deployments/status",
        "ingresses",
        "ingresses/status",
        "networkpolicies",
        "replicasets/status",
    ]
)
_EXTENSIONS_WRITE = sorted([*_EXTENSIONS, "daemonsets", "deployments/rollback", "ingresses", "networkpolicies"])
"""An API group that is not served any more; the original's roles still name it."""

VIEW = [
    rule(
        READ,
        [""],
        [
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    rule(READ, ["discovery.k8s.io"], ["endpointslices"]),
    rule(
        READ,
        ["apps"],
        [
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    rule(READ, ["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
    rule(READ, ["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
    rule(READ, ["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"]),
    rule(READ, ["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"]),
    rule(READ, ["resource.k8s.io"], ["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"]),
    rule(READ, ["extensions"], _EXTENSIONS_READ),
    rule(READ, [BUILDING], ["buildconfigs", "builds", "builds/log"]),
    rule(READ, [IMAGES], ["imagestreams", "imagestreams/status", "imagestreamtags"]),
    rule(["get"], [IMAGES], ["imagestreams/layers"]),
    rule(READ, [ROUTING], ["routes", "routes/status"]),
    rule(["get", "watch"], [PROJECTS], ["projects"]),
    rule(READ, ["hooks.bouvier.io"], ["receivers", "receivercalls"]),
    rule(READ, ["autoscaling.bouvier.io"], ["scalingschedules"]),
    rule(READ, ["snapshot.storage.k8s.io"], ["volumesnapshots", "volumesnapshots/status"]),
    rule(READ, ["storage.bouvier.io"], ["volumereverts", "volumereverts/status"]),
]

EDIT = [
    rule(READ, [""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
    rule(["impersonate"], [""], ["serviceaccounts"]),
    rule(WRITE, [""], ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"]),
    rule(["create"], [""], ["pods/eviction", "serviceaccounts/token"]),
    rule(
        WRITE,
        [""],
        [
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
    ),
    rule(
        WRITE,
        ["apps"],
        [
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    rule(WRITE, ["autoscaling"], ["horizontalpodautoscalers"]),
    rule(WRITE, ["batch"], ["cronjobs", "jobs"]),
    rule(WRITE, ["policy"], ["poddisruptionbudgets"]),
    rule(WRITE, ["networking.k8s.io"], ["ingresses", "networkpolicies"]),
    rule(WRITE, ["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"]),
    rule(WRITE, ["extensions"], _EXTENSIONS_WRITE),
    rule(WRITE, ["snapshot.storage.k8s.io"], ["volumesnapshots"]),
    rule(WRITE, ["storage.bouvier.io"], ["volumereverts"]),
    rule(ALL, ["coordination.k8s.io"], ["leases"]),
    # A stack holds variables and files that may be secret: not for those who only look.
    rule(ALL, ["stacks.bouvier.io"], ["stacks", "stacks/status"]),
    rule(WRITE, [BUILDING], ["buildconfigs", "builds"]),
    rule(["create"], [BUILDING], ["buildconfigs/instantiate", "buildconfigs/instantiatebinary", "builds/clone"]),
    rule(["create"], [BUILDING], ["buildconfigs/webhooks"]),
    rule(WRITE, [IMAGES], ["imagestreams"]),
    rule(["update"], [IMAGES], ["imagestreams/layers"]),
    rule(["create"], [IMAGES], ["imagestreammappings"]),
    rule(WRITE, [ROUTING], ["routes"]),
    # Who writes a hook must also be allowed what it does; calls made by hand only ask what one would do.
    rule(WRITE, ["hooks.bouvier.io"], ["receivers"]),
    rule(["create"], ["hooks.bouvier.io"], ["receivercalls"]),
    rule(WRITE, ["autoscaling.bouvier.io"], ["scalingschedules"]),
]

ADMIN = [
    rule(["create"], ["authorization.k8s.io"], ["localsubjectaccessreviews"]),
    rule(ALL, [API], ["rolebindings", "roles"]),
    rule(["delete", "patch", "update"], [PROJECTS], ["projects"]),
]
