"""The API objects of a run: a Deployment or a bare Pod, and what makes it reachable.

A run that is to be kept alive becomes a Deployment; one that ends (`--rm`, `--restart no` or `on-failure`) a Pod.
`-p HOST:CONTAINER` takes the port on the host, so such a Deployment replaces its pod before it starts the next one.
Every object carries the label `app.kubernetes.io/name`, by which `bouvier rm` finds what belongs together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bouvier.cli.docker_run.annotated import annotation_options
from bouvier.cli.docker_run.container import exposed_ports, host_names, published
from bouvier.cli.docker_run.pod import build_pod_spec, restart_policy
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.docker_run.values import Publish, check_image, parse_pairs, read_lines
from bouvier.kinds.podspec.runoptions.native import PREFIX

NAME_LABEL = "app.kubernetes.io/name"
MANAGED_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "bouvier-run"
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""The strictest of the rules: a service's name is a DNS label that begins with a letter."""


def objects_of(request: RunRequest, suffix: str, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the objects to create, in order; `suffix` completes a name that was not given.

    Raises:
        ValueError: an option's value is not understood or not supported.
    """
    check_image(request.image)
    name = request.name or f"{_base_name(request.image)}-{suffix}"
    if not NAME.fullmatch(name):
        raise ValueError(f"--name {name}: expected lower-case letters, digits and dashes, beginning with a letter")
    workload = _workload(request, name, environ)
    return [workload, *_service(request, name), *_aliases(request, name), *_ingress(request, name)]


def is_kept_alive(request: RunRequest) -> bool:
    """Tell whether the run becomes a Deployment."""
    return restart_policy(request) == "Always"


def _base_name(image: str) -> str:
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    cleaned = re.sub(r"[^a-z0-9-]+", "-", last.lower()).strip("-")
    return (cleaned if cleaned[:1].isalpha() else f"run-{cleaned}")[:50]


def _workload(request: RunRequest, name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    spec = build_pod_spec(request, name, environ)
    metadata = _metadata(request, name)
    if not is_kept_alive(request):
        if request.replicas not in (None, 1):
            raise ValueError(f"--replicas {request.replicas}: a run that ends is one pod; leave --rm or --restart out")
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    host_ports = [port.host for port in published(request) if port.host]
    if host_ports and (request.replicas or 1) > 1:
        raise ValueError(
            f"-p {host_ports[0]}: a host's port goes to one replica only; with --replicas leave the host's port out "
            f"(-p {published(request)[0].container}), or serve by name: --expose NAME"
        )
    template = {"metadata": {key: metadata[key] for key in ("labels", "annotations") if key in metadata}, "spec": spec}
    deployment: dict[str, Any] = {
        "replicas": 1 if request.replicas is None else request.replicas,
        "selector": {"matchLabels": {NAME_LABEL: name}},
        "template": template,
    }
    if host_ports:
        deployment["strategy"] = {"type": "Recreate"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment}


def _metadata(request: RunRequest, name: str) -> dict[str, Any]:
    lines = [line for path in request.label_file for line in read_lines("--label-file", path)]
    labels = parse_pairs("--label", [*lines, *request.label])
    for key, value in labels.items():
        if not LABEL_VALUE.fullmatch(value):
            raise ValueError(
                f"--label {key}={value}: a label's value has up to 63 letters, digits, - _ .; use --annotation"
            )
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": request.namespace,
        "labels": {NAME_LABEL: name, MANAGED_LABEL: MANAGER, **labels},
    }
    annotations = parse_pairs("--annotation", request.annotation)
    if options := annotation_options(request):
        annotations[PREFIX + name] = json.dumps(options, sort_keys=True)
    if annotations:
        metadata["annotations"] = annotations
    return metadata


def _own(name: str, namespace: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "labels": {NAME_LABEL: name, MANAGED_LABEL: MANAGER}}


def _service(request: RunRequest, name: str) -> list[dict[str, Any]]:
    """Return the service: it gives the run a name, and a port of every host to what is published without one."""
    ports = _service_ports(request)
    if not ports:
        return []
    spec: dict[str, Any] = {"selector": {NAME_LABEL: name}, "ports": ports}
    if request.publish_all or any(not port.host for port in published(request)):
        spec["type"] = "NodePort"
    return [{"apiVersion": "v1", "kind": "Service", "metadata": _own(name, request.namespace), "spec": spec}]


def _aliases(request: RunRequest, name: str) -> list[dict[str, Any]]:
    """Return a service for every further name."""
    ports = _service_ports(request)
    if request.network_alias and not ports:
        raise ValueError(f"--network-alias {request.network_alias[0]}: which port does it serve? add --expose PORT")
    spec = {"selector": {NAME_LABEL: name}, "ports": ports}
    services = []
    for alias in request.network_alias:
        metadata = _own(name, request.namespace) | {"name": alias}
        services.append({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    return services


def _service_ports(request: RunRequest) -> list[dict[str, Any]]:
    unique: dict[tuple[int, str], Publish] = {}
    for port in published(request) + exposed_ports(request):
        unique.setdefault((port.container, port.protocol), port)
    return [
        {
            "name": f"{protocol.lower()}-{number}",
            "port": number,
            "targetPort": number,
            **({"protocol": protocol} if protocol != "TCP" else {}),
        }
        for number, protocol in unique
    ]


def _ingress(request: RunRequest, name: str) -> list[dict[str, Any]]:
    hosts = host_names(request)
    if not hosts:
        return []
    ports = [port.container for port in published(request) + exposed_ports(request) if port.protocol == "TCP"]
    if not ports:
        raise ValueError(
            f"--expose {hosts[0]}: which port does it serve? name it too, such as -p 8080 or --expose 8080"
        )
    backend = {"service": {"name": name, "port": {"number": ports[0]}}}
    rules = [
        {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}} for host in hosts
    ]
    metadata = _own(name, request.namespace)
    return [{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": rules}}]
