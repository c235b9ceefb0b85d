"""The objects of a new application: stream, build configuration, deployment, service, route. Pure.

Names and labels are those of OpenShift's new-app; all objects carry `app=NAME`, by which they are found and removed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bouvier.builds.deploying import TRIGGERS, WAITS
from bouvier.kinds.build_v1.buildconfigs import HISTORY_LIMIT
from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDCONFIGS, DEPLOYMENTS, IMAGESTREAMS, ROUTES, SECRETS, SERVICES

SECRET_KEY = "WebHookSecretKey"  # noqa: S105 - the name of a key
HOOKS = {"generic": "Generic", "github": "GitHub", "gitlab": "GitLab"}
STOP_SECONDS = 2
"""How long a replica goes on answering after it was told to stop: until every balancer has heard of it."""


@dataclass(frozen=True)
class Application:
    """What is to be made."""

    name: str
    namespace: str
    strategy: str
    """`Docker` or `Source`."""
    port: int
    secret: str
    """Secret of the hooks' addresses."""
    builder_image: str = ""
    uri: str = ""
    """Git repository; empty for a source that is uploaded."""
    ref: str = ""
    context_dir: str = ""
    source_secret: str = ""
    host: str = ""
    replicas: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    build_environment: dict[str, str] = field(default_factory=dict)


def objects_of(app: Application) -> list[tuple[Any, Obj]]:
    """Return `(resource, object)` in the order in which they are made: the build configuration last, since it starts."""
    return [
        (SECRETS, _secret(app)),
        (IMAGESTREAMS, _object(IMAGESTREAMS, app, {"lookupPolicy": {"local": False}})),
        (SERVICES, _service(app)),
        (ROUTES, _route(app)),
        (DEPLOYMENTS, _deployment(app)),
        (BUILDCONFIGS, _build_config(app)),
    ]


def hook_secret_name(app_name: str) -> str:
    """Return the name of the Secret of an application's hooks."""
    return f"{app_name}-webhooks"


def hook_paths(namespace: str, name: str, secret: str) -> dict[str, str]:
    """Return the paths of an application's hooks by kind."""
    return {kind: f"{BUILDCONFIGS.path(namespace, name)}/webhooks/{secret}/{kind}" for kind in HOOKS}


def _object(resource: Any, app: Application, spec: Obj, **metadata: Any) -> Obj:
    labels = {"app": app.name, "app.kubernetes.io/name": app.name, "app.kubernetes.io/instance": app.name}
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": app.name, "namespace": app.namespace, "labels": labels, **metadata},
        "spec": spec,
    }


def _secret(app: Application) -> Obj:
    made = _object(SECRETS, app, {})
    del made["spec"]
    made["metadata"]["name"] = hook_secret_name(app.name)
    return {**made, "type": "Opaque", "stringData": {SECRET_KEY: app.secret}}


def _service(app: Application) -> Obj:
    port = {"name": f"{app.port}-tcp", "port": app.port, "targetPort": app.port, "protocol": "TCP"}
    return _object(SERVICES, app, {"selector": {"app": app.name}, "ports": [port]})


def _route(app: Application) -> Obj:
    spec: Obj = {"to": {"kind": "Service", "name": app.name}, "port": {"targetPort": f"{app.port}-tcp"}}
    return _object(ROUTES, app, spec | ({"host": app.host} if app.host else {}))


def _deployment(app: Application) -> Obj:
    trigger = {
        "from": {"kind": "ImageStreamTag", "name": f"{app.name}:latest"},
        "fieldPath": f'spec.template.spec.containers[?(@.name=="{app.name}")].image',
    }
    environment = {"PORT": str(app.port)} if app.strategy == "Source" else {}
    environment |= app.environment
    container: Obj = {
        "name": app.name,
        "image": f"{app.name}:latest",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": app.port, "protocol": "TCP"}],
        "readinessProbe": {"tcpSocket": {"port": app.port}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"sleep": {"seconds": STOP_SECONDS}}},
    }
    if environment:
        container["env"] = [{"name": name, "value": value} for name, value in environment.items()]
    annotations = {TRIGGERS: json.dumps([trigger]), WAITS: "true"}
    if app.uri:
        annotations["app.openshift.io/vcs-uri"] = app.uri
    spec = {
        "replicas": app.replicas,
        "paused": True,
        "selector": {"matchLabels": {"app": app.name}},
        "template": {
            "metadata": {"labels": {"app": app.name}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 10},
        },
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    }
    return _object(DEPLOYMENTS, app, spec, annotations=annotations)


def _build_config(app: Application) -> Obj:
    strategy: Obj
    environment = [{"name": name, "value": value} for name, value in app.build_environment.items()]
    if app.strategy == "Docker":
        strategy = {"type": "Docker", "dockerStrategy": {}}
        image = strategy["dockerStrategy"]
    else:
        image = {"from": {"kind": "DockerImage", "name": app.builder_image}}
        strategy = {"type": "Source", "sourceStrategy": image}
    if environment:
        image["env"] = environment
    reference = {"secretReference": {"name": hook_secret_name(app.name)}}
    triggers: list[Obj] = [{"type": kind, field: reference} for field, kind in HOOKS.items()]
    if app.uri:
        triggers.append({"type": "ConfigChange"})
    triggers.append({"type": "ImageChange", "imageChange": {}})
    spec: Obj = {
        "source": _source(app),
        "strategy": strategy,
        "output": {"to": {"kind": "ImageStreamTag", "name": f"{app.name}:latest"}},
        "triggers": triggers,
        "runPolicy": "Serial",
        "successfulBuildsHistoryLimit": HISTORY_LIMIT,
        "failedBuildsHistoryLimit": HISTORY_LIMIT,
    }
    return _object(BUILDCONFIGS, app, spec)


def _source(app: Application) -> Obj:
    source: Obj = {"type": "Git", "git": {"uri": app.uri}} if app.uri else {"type": "Binary", "binary": {}}
    if app.ref:
        source["git"]["ref"] = app.ref
    if app.context_dir:
        source["contextDir"] = app.context_dir
    if app.source_secret:
        source["sourceSecret"] = {"name": app.source_secret}
    return source
