"""Discovery: which groups, versions and resources there are, in the legacy and the aggregated form.

All functions are pure: kinds in, plain documents out.
Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from bouvier.apiserver.openapi.groups import Groups
from bouvier.kinds.kind import Kind, Subresource

Document = dict[str, Any]


def api_versions(server_address: str) -> Document:
    """Return `/api`: the versions of the core group; `server_address` is `host:port`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}],
    }


def group_list(groups: Groups) -> Document:
    """Return `/apis`: every named group with its versions."""
    named = [_group(name, list(versions)) for name, versions in groups.items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def group(name: str, versions: Sequence[str]) -> Document:
    """Return `/apis/GROUP`."""
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, versions)


def resource_list(group_version: str, kinds: Sequence[Kind]) -> Document:
    """Return `/api/v1` or `/apis/GROUP/VERSION`: its resources and their subresources."""
    resources = []
    for kind in kinds:
        resources.append(_resource(kind))
        resources += [_subresource(kind, sub) for sub in kind.subresources.values()]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}


def aggregated(groups: Groups, version: str, *, core: bool) -> Document:
    """Return the `APIGroupDiscoveryList` of `/api` (`core`) or `/apis`, in `v2` or `v2beta1`."""
    items = [_aggregated_group(name, versions) for name, versions in groups.items() if (name == "") == core]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _group(name: str, versions: Sequence[str]) -> Document:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resource(kind: Kind) -> Document:
    document: Document = {
        "name": kind.resource.plural,
        "singularName": kind.singular,
        "namespaced": kind.resource.namespaced,
        "kind": kind.resource.kind,
        "verbs": sorted(kind.verbs),
    }
    if kind.short_names:
        document["shortNames"] = list(kind.short_names)
    if kind.categories:
        document["categories"] = list(kind.categories)
    if "watch" in kind.verbs:
        document["storageVersionHash"] = storage_version_hash(kind)
    return document


def storage_version_hash(kind: Kind) -> str:
    """Return what changes when objects of a kind come to be stored in another version.

    Source: KEP 2339 and Kubernetes' `discovery.StorageVersionHash`: 8 bytes of the hash of group, version and kind.
    """
    group_name, version, plural = kind.stored_in or ("", "", "")
    if not plural:
        group_name, version = kind.resource.group, kind.storage_version or kind.resource.version
    digest = hashlib.sha256(f"{group_name}/{version}/{kind.resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _subresource(kind: Kind, sub: Subresource) -> Document:
    document: Document = {
        "name": f"{kind.resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": kind.resource.namespaced,
        "kind": sub.kind,
        "verbs": sorted(sub.verbs),
    }
    if (sub.group, sub.version) != (kind.resource.group, kind.resource.version):
        document |= {"group": sub.group, "version": sub.version}
    return document


def _aggregated_group(name: str, versions: dict[str, list[Kind]]) -> Document:
    listed = [
        {"version": version, "freshness": "Current", "resources": [_aggregated_resource(kind) for kind in kinds]}
        for version, kinds in versions.items()
    ]
    return {"metadata": {"name": name} if name else {}, "versions": listed}


def _aggregated_resource(kind: Kind) -> Document:
    document: Document = {
        "resource": kind.resource.plural,
        "responseKind": _response_kind(kind.resource.group, kind.resource.version, kind.resource.kind),
        "scope": "Namespaced" if kind.resource.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": sorted(kind.verbs),
    }
    if kind.short_names:
        document["shortNames"] = list(kind.short_names)
    if kind.categories:
        document["categories"] = list(kind.categories)
    if kind.subresources:
        document["subresources"] = [_aggregated_subresource(sub) for sub in kind.subresources.values()]
    return document


def _aggregated_subresource(sub: Subresource) -> Document:
    return {
        "subresource": sub.name,
        "responseKind": _response_kind(sub.group, sub.version, sub.kind),
        "verbs": sorted(sub.verbs),
    }


def _response_kind(group_name: str, version: str, kind: str) -> Document:
    return {"group": group_name, "version": version, "kind": kind}
