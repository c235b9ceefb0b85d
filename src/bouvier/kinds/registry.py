"""Every kind that the platform is born with: one flat list, group by group."""

from __future__ import annotations

from functools import lru_cache

from bouvier.kinds import reviews
from bouvier.kinds.admissionregistration_v1 import (
    mutatingadmissionpolicies,
    mutatingadmissionpolicybindings,
    mutatingwebhookconfigurations,
    validatingadmissionpolicies,
    validatingadmissionpolicybindings,
    validatingwebhookconfigurations,
)
from bouvier.kinds.apiextensions_v1 import customresourcedefinitions
from bouvier.kinds.apiregistration_v1 import apiservices
from bouvier.kinds.apps_v1 import controllerrevisions, daemonsets, deployments, replicasets, statefulsets
from bouvier.kinds.audit_v1 import auditevents
from bouvier.kinds.autoscaling_v1 import horizontalpodautoscalers as autoscaling_v1_horizontalpodautoscalers
from bouvier.kinds.autoscaling_v1 import scalingschedules
from bouvier.kinds.autoscaling_v2 import horizontalpodautoscalers
from bouvier.kinds.batch_v1 import cronjobs, jobs
from bouvier.kinds.billing_v1 import budgets, invoices, pricelists
from bouvier.kinds.build_v1 import buildconfigs, builds
from bouvier.kinds.catalog_v1 import catalogentries, catalogs, releasepreviews, releases
from bouvier.kinds.certificates_v1 import certificatesigningrequests, clustertrustbundles, podcertificaterequests
from bouvier.kinds.clusters_v1 import clusters
from bouvier.kinds.coordination_v1 import leases
from bouvier.kinds.coordination_v1beta1 import leasecandidates
from bouvier.kinds.core_v1 import (
    bindings,
    componentstatuses,
    configmaps,
    endpoints,
    events,
    limitranges,
    namespaces,
    nodes,
    persistentvolumeclaims,
    persistentvolumes,
    pods,
    podtemplates,
    replicationcontrollers,
    resourcequotas,
    secrets,
    serviceaccounts,
    services,
)
from bouvier.kinds.discovery_v1 import endpointslices
from bouvier.kinds.events_v1 import events as events_v1_events
from bouvier.kinds.flowcontrol_v1 import flowschemas, prioritylevelconfigurations
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.kinds.image_v1 import imagestreammappings, imagestreams, imagestreamtags
from bouvier.kinds.keys_v1 import apikeys
from bouvier.kinds.kind import Kind
from bouvier.kinds.metrics_v1beta1 import nodemetrics, podmetrics
from bouvier.kinds.network_v1 import nodeportclaims, peerreports, trafficreports
from bouvier.kinds.networking_v1 import ingressclasses, ingresses, ipaddresses, networkpolicies, servicecidrs
from bouvier.kinds.node_v1 import runtimeclasses
from bouvier.kinds.policy_v1 import poddisruptionbudgets
from bouvier.kinds.project_v1 import projectrequests, projects
from bouvier.kinds.rbac_v1 import clusterrolebindings, clusterroles, rolebindings, roles
from bouvier.kinds.resource_v1 import (
    deviceclasses,
    devicetaintrules,
    resourceclaims,
    resourceclaimtemplates,
    resourceslices,
)
from bouvier.kinds.route_v1 import routes
from bouvier.kinds.scheduling_v1 import priorityclasses
from bouvier.kinds.snapshot_v1 import volumesnapshotclasses, volumesnapshotcontents, volumesnapshots
from bouvier.kinds.stacks_v1 import stacks
from bouvier.kinds.storage_v1 import (
    csidrivers,
    csinodes,
    csistoragecapacities,
    storageclasses,
    volumeattachments,
    volumeattributesclasses,
    volumereverts,
)
from bouvier.kinds.storagemigration_v1 import storageversionmigrations

KINDS: tuple[Kind, ...] = (
    configmaps.KIND,
    endpoints.KIND,
    events.KIND,
    limitranges.KIND,
    namespaces.KIND,
    nodes.KIND,
    persistentvolumeclaims.KIND,
    persistentvolumes.KIND,
    pods.KIND,
    podtemplates.KIND,
    replicationcontrollers.KIND,
    resourcequotas.KIND,
    secrets.KIND,
    serviceaccounts.KIND,
    services.KIND,
    controllerrevisions.KIND,
    daemonsets.KIND,
    deployments.KIND,
    replicasets.KIND,
    statefulsets.KIND,
    horizontalpodautoscalers.KIND,
    cronjobs.KIND,
    jobs.KIND,
    leases.KIND,
    endpointslices.KIND,
    ingressclasses.KIND,
    ingresses.KIND,
    networkpolicies.KIND,
    runtimeclasses.KIND,
    poddisruptionbudgets.KIND,
    clusterrolebindings.KIND,
    clusterroles.KIND,
    rolebindings.KIND,
    roles.KIND,
    priorityclasses.KIND,
    storageclasses.KIND,
    customresourcedefinitions.KIND,
    catalogs.KIND,
    catalogentries.KIND,
    releases.KIND,
    releasepreviews.KIND,
    *reviews.KINDS,
    events_v1_events.KIND,
    certificatesigningrequests.KIND,
    peerreports.KIND,
    clusters.KIND,
    autoscaling_v1_horizontalpodautoscalers.KIND,
    nodemetrics.KIND,
    podmetrics.KIND,
    pricelists.KIND,
    invoices.KIND,
    stacks.KIND,
    projects.KIND,
    projectrequests.KIND,
    buildconfigs.KIND,
    builds.KIND,
    imagestreams.KIND,
    imagestreamtags.KIND,
    imagestreammappings.KIND,
    routes.KIND,
    receivers.KIND,
    receivercalls.KIND,
    apikeys.KIND,
    scalingschedules.KIND,
    volumesnapshots.KIND,
    volumesnapshotcontents.KIND,
    volumesnapshotclasses.KIND,
    volumereverts.KIND,
    validatingwebhookconfigurations.KIND,
    mutatingwebhookconfigurations.KIND,
    validatingadmissionpolicies.KIND,
    validatingadmissionpolicybindings.KIND,
    mutatingadmissionpolicies.KIND,
    mutatingadmissionpolicybindings.KIND,
    mutatingadmissionpolicies.BETA,
    mutatingadmissionpolicybindings.BETA,
    apiservices.KIND,
    trafficreports.KIND,
    budgets.KIND,
    auditevents.KIND,
    ipaddresses.KIND,
    servicecidrs.KIND,
    nodeportclaims.KIND,
    flowschemas.KIND,
    prioritylevelconfigurations.KIND,
    bindings.KIND,
    componentstatuses.KIND,
    csidrivers.KIND,
    csinodes.KIND,
    csistoragecapacities.KIND,
    volumeattachments.KIND,
    volumeattributesclasses.KIND,
    leasecandidates.KIND,
    clustertrustbundles.KIND,
    clustertrustbundles.BETA,
    podcertificaterequests.KIND,
    podcertificaterequests.BETA,
    deviceclasses.KIND,
    *deviceclasses.VIEWS,
    devicetaintrules.KIND,
    *devicetaintrules.VIEWS,
    resourceclaims.KIND,
    *resourceclaims.VIEWS,
    resourceclaimtemplates.KIND,
    *resourceclaimtemplates.VIEWS,
    resourceslices.KIND,
    *resourceslices.VIEWS,
    storageversionmigrations.KIND,
    storageversionmigrations.BETA,
)


@lru_cache(maxsize=1)
def builtin() -> dict[tuple[str, str, str], Kind]:
    """Return the kinds by `(group, version, plural)`."""
    return {(one.resource.group, one.resource.version, one.resource.plural): one for one in KINDS}
