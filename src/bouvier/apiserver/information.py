"""Everything that is served besides resources: health, version, discovery, OpenAPI."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import bouvier
from bouvier.apiserver import codec, health
from bouvier.apiserver.authn.signing import ISSUER, Signer
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.health import Health
from bouvier.apiserver.openapi.documents import Documents, Served, documents
from bouvier.apiserver.registry import KindRegistry
from bouvier.apiserver.request import Request, Response
from bouvier.apiserver.routing import not_found_path
from bouvier.apiserver.verbs.answers import rewritten
from bouvier.apiserver.wire import negotiate

API_LEVEL = ("1", "37")
"""The Kubernetes release whose API is spoken: the newest that the schema source holds."""

PATHS = [
    "/.well-known/openid-configuration",
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/openapi/v2",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/version",
]


class Information:
    """Answers the paths that are not about one resource."""

    def __init__(self, kinds: KindRegistry, signer: Signer, server_address: str, health: Health) -> None:
        self._kinds = kinds
        self.health = health
        self._signer = signer
        self._address = server_address
        self._kept: dict[str, tuple[tuple[str, int], Documents]] = {}
        self.pages: dict[str, Callable[[Request], Response]] = {}
        """Further documents by path: metrics and the like."""

    async def answer(self, request: Request) -> Response:
        """Return the document at a path.

        Raises:
            ApiError: NotFound or NotAcceptable.

        """
        path = request.path.rstrip("/") or "/"
        page = self.pages.get(path)
        if page is not None:
            if request.cluster != LOCAL:
                raise not_found_path()  # they speak of the requests of all clusters
            return page(request)
        if path.startswith(health.PATHS):
            return await self.health.answer(request, path)
        plain = self._plain(path)
        if plain is not None:
            return plain
        if path.startswith("/openapi/"):
            # Building takes some 200 ms the first time: other requests go on meanwhile.
            found = await asyncio.to_thread(self._openapi, request, path)
        else:
            found = self._discovery(request, path)
        if found is None:
            raise not_found_path()
        headers = found.headers(request.query.get("hash", ""))
        content_type = headers.pop("Content-Type")
        if request.headers.get("If-None-Match") == found.etag:
            return Response(304, b"", content_type, headers)
        answer = Response(200, found.content, content_type, headers)
        if path.startswith("/openapi/"):
            return answer
        return rewritten(request, negotiate.for_discovery(request.headers.get("Accept", "")), answer)

    def _plain(self, path: str) -> Response | None:
        if path == "/version":
            return Response(200, codec.dumps(version_info()))
        if path == "/openid/v1/jwks":
            return Response(200, codec.dumps(self._signer.public_jwks()), "application/jwk-set+json")
        if path == "/.well-known/openid-configuration":
            return Response(200, codec.dumps(self._issuer()))
        return Response(200, codec.dumps({"paths": PATHS})) if path == "/" else None

    def _issuer(self) -> dict[str, Any]:
        """Return how others may verify service account tokens. Source: OpenID Connect Discovery 1.0."""
        return {
            "issuer": ISSUER,
            "jwks_uri": f"{ISSUER}/openid/v1/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": self._signer.algorithms,
        }

    def _documents(self, cluster: str) -> Documents:
        generation = self._kinds.generation(cluster)
        kept = self._kept.get(cluster)
        if kept is None or kept[0] != generation:
            kept = self._kept[cluster] = (generation, documents(self._kinds.kinds(cluster)))
        return kept[1]

    def _openapi(self, request: Request, path: str) -> Served | None:
        made, cluster = self._documents(request.cluster), request.cluster
        if path == "/openapi/v2":
            return made.openapi_v2(request.headers.get("Accept", ""))
        if path == "/openapi/v3":
            return made.openapi_v3_index("" if cluster == "local" else f"/clusters/{cluster}")
        return made.openapi_v3(path.removeprefix("/openapi/v3/")) if path.startswith("/openapi/v3/") else None

    def _discovery(self, request: Request, path: str) -> Served | None:
        made, accept = self._documents(request.cluster), request.headers.get("Accept", "")
        if path == "/api":
            return made.api(self._address, accept)
        if path == "/apis":
            return made.apis(accept)
        parts = path.split("/")[1:] or [""]  # `OPTIONS *` names no path
        if parts[0] == "api" and len(parts) == 2:
            return made.resources("", parts[1])
        if parts[0] == "apis" and len(parts) == 2:
            return made.group(parts[1])
        return made.resources(parts[1], parts[2]) if parts[0] == "apis" and len(parts) == 3 else None


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
