"""OpenAPI v2: one document about everything, for Helm and for clients from before version 3.

Source: https://swagger.io/specification/v2/ and https://kubernetes.io/docs/concepts/overview/kubernetes-api/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bouvier.apiserver.openapi.components import components
from bouvier.apiserver.openapi.dialects import V2
from bouvier.apiserver.openapi.operations import Operation, Parameter, Path, paths_of
from bouvier.apiserver.openapi.v3 import INFO
from bouvier.kinds.kind import Kind

Document = dict[str, Any]

_JSON = ["application/json"]


def document(kinds: Iterable[Kind]) -> Document:
    """Return the document about all kinds."""
    listed: Sequence[Kind] = list(kinds)
    return {
        "swagger": "2.0",
        "info": INFO,
        "paths": {path.url: _path(path) for path in paths_of(listed)},
        "definitions": components(listed, V2),
    }


def _path(path: Path) -> Document:
    item: Document = {operation.method: _operation(operation) for operation in path.operations}
    if path.parameters:
        item["parameters"] = [_parameter(parameter) for parameter in path.parameters]
    return item


def _operation(operation: Operation) -> Document:
    answer = {"schema": V2.reference(operation.answer, {})} if operation.answer else {}
    parameters = [_parameter(parameter) for parameter in operation.query]
    if operation.body:
        parameters.insert(0, _body(operation))
    return {
        "operationId": operation.identifier,
        "consumes": list(operation.patch_types) or ["*/*"],
        "produces": _JSON,
        "parameters": parameters,
        "responses": {"200": {"description": "OK"} | answer},
        "x-kubernetes-action": operation.action,
        "x-kubernetes-group-version-kind": operation.gvk._asdict(),
    }


def _body(operation: Operation) -> Document:
    required = {"required": True} if operation.method != "delete" else {}
    return {"name": "body", "in": "body", "schema": V2.reference(operation.body, {})} | required


def _parameter(parameter: Parameter) -> Document:
    required = {"required": True} if parameter.place == "path" else {}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "type": parameter.type,
        "uniqueItems": True,
    } | required
