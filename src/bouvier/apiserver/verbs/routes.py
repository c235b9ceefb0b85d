"""Which function answers which subresource and method. One flat table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bouvier.apiserver.audit.answering import answer_events
from bouvier.apiserver.context import Call
from bouvier.apiserver.paas import binary, buildlog, instantiate, projects, webhooks
from bouvier.apiserver.paas import streams as image_streams
from bouvier.apiserver.request import Answer
from bouvier.apiserver.verbs import (
    approving,
    binding,
    components,
    evicting,
    finalizing,
    metrics,
    patching,
    portforward,
    proxying,
    reading,
    scaling,
    streams,
    tokens,
    updating,
)
from bouvier.apiserver.verbs.reviews import review

Handler = Callable[[Call], Awaitable[Answer]]

PROXY_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

SUBRESOURCES: dict[tuple[str, str], Handler] = {
    ("scale", "GET"): scaling.get_scale,
    ("scale", "PUT"): scaling.update_scale,
    ("scale", "PATCH"): scaling.patch_scale,
    ("binding", "POST"): binding.bind,
    ("eviction", "POST"): evicting.evict,
    ("log", "GET"): streams.log,
    ("exec", "GET"): streams.execute,
    ("exec", "POST"): streams.execute,
    ("attach", "GET"): streams.execute,
    ("attach", "POST"): streams.execute,
    ("portforward", "GET"): portforward.forward,
    ("portforward", "POST"): portforward.forward,
    ("ephemeralcontainers", "GET"): reading.get_converted,
    ("ephemeralcontainers", "PUT"): updating.update,
    ("ephemeralcontainers", "PATCH"): patching.patch,
    ("resize", "GET"): reading.get_converted,
    ("resize", "PUT"): updating.update,
    ("resize", "PATCH"): patching.patch,
    **{("proxy", method): proxying.proxy for method in PROXY_METHODS},
    ("finalize", "PUT"): finalizing.finalize,
    ("approval", "GET"): approving.get,
    ("approval", "PUT"): approving.approve,
    ("approval", "PATCH"): approving.patch,
    ("token", "POST"): tokens.issue_token,
}

_BUILD = "build.openshift.io"
KIND_SUBRESOURCES: dict[tuple[str, str, str, str], Handler] = {
    (_BUILD, "buildconfigs", "instantiate", "POST"): instantiate.instantiate,
    (_BUILD, "buildconfigs", "instantiatebinary", "POST"): binary.instantiate_binary,
    (_BUILD, "buildconfigs", "webhooks", "POST"): webhooks.receive,
    (_BUILD, "builds", "clone", "POST"): instantiate.clone,
    (_BUILD, "builds", "log", "GET"): buildlog.log,
}
"""Those that mean something else for one kind than for others: by group, resource, subresource and method."""

VirtualHandler = Callable[[Call, str], Awaitable[Answer | None]]
VIRTUAL: dict[tuple[str, str], VirtualHandler] = {
    ("audit.bouvier.io", "auditevents"): answer_events,
    ("", "bindings"): binding.bind_named,
    ("", "componentstatuses"): components.answer,
    ("metrics.k8s.io", "nodes"): metrics.answer,
    ("metrics.k8s.io", "pods"): metrics.answer,
    ("image.openshift.io", "imagestreamtags"): image_streams.answer_tags,
    ("image.openshift.io", "imagestreammappings"): image_streams.answer_mapping,
    ("project.openshift.io", "projects"): projects.answer_projects,
    ("project.openshift.io", "projectrequests"): projects.answer_request,
}
"""Kinds that are answered otherwise than from the store; a handler that returns None leaves a verb to the usual one."""

__all__ = ["KIND_SUBRESOURCES", "SUBRESOURCES", "VIRTUAL", "review"]
