"""Everything that is served besides resources: health, version, discovery, OpenAPI."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import bouvier
from bouvier.apiserver import codec
from bouvier.apiserver.openapi import discovery, v2, v3
from bouvier.apiserver.openapi.groups import by_group
from bouvier.apiserver.registry import KindRegistry
from bouvier.apiserver.request import Request, Response
from bouvier.apiserver.wire import negotiate
from bouvier.meta.errors import ApiError

API_LEVEL = ("1", "37")
"""The Kubernetes release whose API is spoken: the newest that the schema source holds."""


class Documents:
    """Makes the documents of each logical cluster on demand and keeps them until its kinds change."""

    def __init__(self, kinds: KindRegistry, public_jwks: Callable[[], dict[str, Any]], server_address: str) -> None:
        self._kinds = kinds
        self._jwks = public_jwks
        self._address = server_address
        self._kept: dict[tuple[str, int], dict[str, Any]] = {}
        self.is_ready = False
        """Whether `/readyz` says so."""

    def answer(self, request: Request) -> Response:
        """Return the document at a path.

        Raises:
            ApiError: NotFound or NotAcceptable.
        """
        path = request.path.rstrip("/") or "/"
        if path in ("/healthz", "/livez") or (path == "/readyz" and self.is_ready):
            return Response(200, b"ok", "text/plain")
        if path == "/readyz":
            return Response(503, b"starting", "text/plain")
        if path == "/version":
            return _json(version_info())
        if path == "/openid/v1/jwks":
            return _json(self._jwks())
        accept = request.headers.get("Accept", "")
        if path == "/openapi/v2":
            return self._openapi_v2(request.cluster, accept)
        if path.startswith("/openapi/v3"):
            return self._openapi_v3(request, path)
        if path == "/api" or path == "/apis" or path.startswith(("/api/", "/apis/")):
            return self._discovery(request.cluster, path, accept)
        if path == "/":
            return _json({"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]})
        raise ApiError("NotFound", "the server could not find the requested resource")

    def _keep(self, cluster: str, name: str, make: Callable[[], Any]) -> Any:
        generation = self._kinds.generation(cluster)
        kept = self._kept.get(generation)
        if kept is None:
            self._kept = {key: value for key, value in self._kept.items() if key[0] != cluster}
            kept = self._kept[generation] = {}
        if name not in kept:
            kept[name] = make()
        return kept[name]

    def _groups(self, cluster: str) -> Any:
        return self._keep(cluster, "groups", lambda: by_group(self._kinds.kinds(cluster)))

    def _discovery(self, cluster: str, path: str, accept: str) -> Response:
        rendering = negotiate.for_discovery(accept)
        if path in ("/api", "/apis") and rendering.transform:
            name = f"aggregated {path} {rendering.version}"
            core = path == "/api"
            body = self._keep(
                cluster, name, lambda: codec.dumps(discovery.aggregated(self._groups(cluster), rendering.version, core=core))
            )
            return Response(200, body, rendering.content_type)
        if path == "/api":
            return _json(discovery.api_versions(self._address))
        groups = self._groups(cluster)
        if path == "/apis":
            return _json(discovery.group_list(groups))
        parts = path.split("/")[2:]
        group, version = ("", parts[0]) if path.startswith("/api/") else (parts[0], (parts + [""])[1])
        if group not in groups:
            raise ApiError("NotFound", "the server could not find the requested resource")
        if not version:
            return _json(discovery.group(group, list(groups[group])))
        if version not in groups[group]:
            raise ApiError("NotFound", "the server could not find the requested resource")
        name = f"{group}/{version}" if group else version
        return _json(discovery.resource_list(name, groups[group][version]))

    def _openapi_v2(self, cluster: str, accept: str) -> Response:
        rendering = negotiate.for_openapi_v2(accept)
        as_protobuf = rendering.media == negotiate.OPENAPI_V2_PROTOBUF
        make = v2.protobuf if as_protobuf else v2.json
        body = self._keep(cluster, f"v2 {as_protobuf}", lambda: make(self._kinds.kinds(cluster)))
        return Response(200, body, rendering.media)

    def _openapi_v3(self, request: Request, path: str) -> Response:
        cluster = request.cluster
        documents: v3.Documents = self._keep(cluster, "v3", lambda: v3.Documents(self._kinds.kinds(cluster)))
        if path == "/openapi/v3":
            return Response(200, documents.index())
        found = documents.document(path.removeprefix("/openapi/v3/"))
        if found is None:
            raise ApiError("NotFound", "the server could not find the requested resource")
        headers = {"Etag": f'"{found.digest}"'}
        if request.query.get("hash") == found.digest:
            headers["Cache-Control"] = "public, immutable"
            headers["Expires"] = "Fri, 01 Jan 2100 00:00:00 GMT"
        return Response(200, found.body, headers=headers)


def version_info() -> dict[str, str]:
    """Return the version document; clients read from it which Kubernetes they speak to."""
    major, minor = API_LEVEL
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+bouvier.{bouvier.__version__}",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none (Python)",
        "compiler": "cpython",
        "platform": f"linux/{_architecture()}",
    }


def _architecture() -> str:
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _json(document: Any) -> Response:
    return Response(200, codec.dumps(document))
