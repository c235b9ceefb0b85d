"""OpenAPI v3: one document for each group version, and the index that leads to them.

The index names each document by a URL with the hash of its bytes, so clients keep what they fetched until it changes.
Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.apiserver.openapi.components import components
from bouvier.apiserver.openapi.dialects import V3, Schema
from bouvier.apiserver.openapi.operations import Operation, Parameter, Path, paths_of
from bouvier.kinds.definitions import VERSION
from bouvier.kinds.kind import Kind

Document = dict[str, Any]

INFO = {"title": "Kubernetes", "version": f"v{VERSION}"}


def index(hashes: Mapping[str, str], prefix: str = "") -> Document:
    """Return `/openapi/v3`: `hashes` are those of the documents by key, such as `apis/apps/v1`.

    `prefix` is the path of the logical cluster, such as `/clusters/NAME`.
    """
    return {
        "paths": {
            key: {"serverRelativeURL": f"{prefix}/openapi/v3/{key}?hash={value}"} for key, value in hashes.items()
        }
    }


def document(kinds: Sequence[Kind]) -> Document:
    """Return the document of one group version from its kinds."""
    return {
        "openapi": "3.0.0",
        "info": INFO,
        "paths": {path.url: _path(path) for path in paths_of(kinds)},
        "components": {"schemas": components(kinds, V3)},
    }


def _path(path: Path) -> Document:
    item: Document = {operation.method: _operation(operation) for operation in path.operations}
    if path.parameters:
        item["parameters"] = [_parameter(parameter) for parameter in path.parameters]
    return item


def _operation(operation: Operation) -> Document:
    written: Document = {
        "operationId": operation.identifier,
        "parameters": [_parameter(parameter) for parameter in operation.query],
        "responses": {"200": {"description": "OK"} | _content(operation.answer, ("application/json",))},
        "x-kubernetes-action": operation.action,
        "x-kubernetes-group-version-kind": operation.gvk._asdict(),
    }
    if operation.patch_types:
        written["requestBody"] = {"required": True} | _content(operation.body, operation.patch_types)
    elif operation.body:
        required = {"required": True} if operation.method in ("post", "put") else {}
        written["requestBody"] = required | _content(operation.body, ("*/*",))
    return written


def _parameter(parameter: Parameter) -> Document:
    required = {"required": True} if parameter.place == "path" else {}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "schema": {"type": parameter.type, "uniqueItems": True},
    } | required


def _content(name: str, media_types: Sequence[str]) -> Document:
    if not name:
        return {}
    schema: Schema = V3.reference(name, {})
    return {"content": {media: {"schema": schema} for media in media_types}}
