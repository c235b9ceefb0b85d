"""The policy that holds when nobody names another: who changed what, and who read a secret; never a body."""

DEFAULT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  # What nobody asks about: renewed leases, events, reviews and tokens of accounts, reports of hosts.
  - level: None
    resources:
      - {group: coordination.k8s.io, resources: [leases]}
      - {group: "", resources: [events, serviceaccounts/token, nodes/status, pods/status]}
      - {group: events.k8s.io, resources: [events]}
      - {group: authentication.k8s.io}
      - {group: authorization.k8s.io}
      - {group: network.bouvier.io}
  # Secrets that hosts need for pods, and what the platform's own processes read.
  - level: None
    userGroups: [system:nodes]
    verbs: [get, list, watch]
  - level: None
    users: &platform
      - system:kube-controller-manager
      - system:kube-scheduler
      - system:cluster-driver
      - system:catalog
      - system:builder
      - system:registry
      - system:hooks
    verbs: [get, list, watch]
  # What the platform's own processes report of what they see.
  - level: None
    users: *platform
    resources:
      - {group: "", resources: ["*/status", endpoints]}
      - {group: apps, resources: ["*/status"]}
      - {group: batch, resources: ["*/status"]}
      - {group: autoscaling, resources: ["*/status"]}
      - {group: policy, resources: ["*/status"]}
      - {group: discovery.k8s.io, resources: [endpointslices]}
  # Every change, and every command that is run in a container. Strangers are not recorded: they could fill the log.
  - level: Metadata
    userGroups: [system:authenticated]
    verbs: [create, update, patch, delete, deletecollection]
  # Who read a secret.
  - level: Metadata
    userGroups: [system:authenticated]
    verbs: [get, list, watch]
    resources:
      - {group: "", resources: [secrets]}
"""
