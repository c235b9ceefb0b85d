"""Errors of the API: Kubernetes' Status object as an exception.

Every refusal that crosses the API is an `ApiError`; reason and code are those of Kubernetes'
`metav1.StatusReason`, so that clients which switch on them behave.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from bouvier.util.gotext import quote

REASON_CODES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "AlreadyExists": 409,
    "Conflict": 409,
    "Gone": 410,
    "Expired": 410,
    "RequestEntityTooLarge": 413,
    "UnsupportedMediaType": 415,
    "Invalid": 422,
    "TooManyRequests": 429,
    "InternalError": 500,
    "ServiceUnavailable": 503,
    "Timeout": 504,
    "ServerTimeout": 500,
}


class FieldError(NamedTuple):
    """One thing that is wrong with one field."""

    kind: str
    """`FieldValueInvalid`, `FieldValueRequired`, `FieldValueDuplicate`, `FieldValueNotSupported`, …"""
    field: str
    """Path as Kubernetes writes it: `spec.containers[0].name`."""
    detail: str
    """Message without the path: `Required value` or `Invalid value: "x": must be …`."""

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}"


def required(field: str, detail: str = "") -> FieldError:
    """Return the error for a missing value."""
    return FieldError("FieldValueRequired", field, f"Required value: {detail}" if detail else "Required value")


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """Return the error for a value that has the wrong form or range."""
    return FieldError("FieldValueInvalid", field, f"Invalid value: {_show(value)}: {detail}")


def forbidden_field(field: str, detail: str) -> FieldError:
    """Return the error for a value that may not be set here."""
    return FieldError("FieldValueForbidden", field, f"Forbidden: {detail}")


def duplicate(field: str, value: Any) -> FieldError:
    """Return the error for a value that occurs twice."""
    return FieldError("FieldValueDuplicate", field, f"Duplicate value: {_show(value)}")


def not_supported(field: str, value: Any, choices: list[str]) -> FieldError:
    """Return the error for a value outside an enumeration."""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return FieldError("FieldValueNotSupported", field, f"Unsupported value: {_show(value)}: supported values: {listed}")


def _show(value: Any) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | dict) or value is None:
        return json.dumps(value, separators=(",", ":"))
    return str(value)


class ApiError(Exception):
    """A refused request, carrying the Status that the client is shown."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        code: int = 0,
        details: dict[str, Any] | None = None,
        retry_after_seconds: int = 0,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.code = code or REASON_CODES.get(reason, 500)
        self.details = details or {}
        self.retry_after_seconds = retry_after_seconds
        self.continue_token = ""
        """Where a list may go on although its moment is forgotten."""

    def status(self) -> dict[str, Any]:
        """Return the Status object."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            status["details"] = {key: value for key, value in self.details.items() if value not in ("", [], None)}
        return status

    @classmethod
    def from_status(cls, status: dict[str, Any]) -> ApiError:
        """Return the error that a received Status object describes."""
        error = cls(
            status.get("reason") or "InternalError",
            status.get("message") or "unknown error",
            code=status.get("code") or 0,
            details=status.get("details"),
        )
        error.continue_token = (status.get("metadata") or {}).get("continue") or ""
        return error


def not_found(group_resource: str, name: str) -> ApiError:
    """Return the error for an object that does not exist."""
    plural, _, group = group_resource.partition(".")
    return ApiError("NotFound", f'{group_resource} "{name}" not found', details=_details(name, group, plural))


def already_exists(group_resource: str, name: str) -> ApiError:
    """Return the error for creating an object whose name is taken."""
    plural, _, group = group_resource.partition(".")
    return ApiError("AlreadyExists", f'{group_resource} "{name}" already exists', details=_details(name, group, plural))


def conflict(group_resource: str, name: str, why: str) -> ApiError:
    """Return the error for a write based on a stale object."""
    plural, _, group = group_resource.partition(".")
    return ApiError(
        "Conflict",
        f'Operation cannot be fulfilled on {group_resource} "{name}": {why}',
        details=_details(name, group, plural),
    )


def modified(group_resource: str, name: str) -> ApiError:
    """Return the conflict error for a resourceVersion that is no longer current."""
    return conflict(
        group_resource,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )


def invalid_object(group: str, kind: str, name: str, errors: list[FieldError]) -> ApiError:
    """Return the error for an object with wrong fields, one cause for each."""
    kind_text = f"{kind}.{group}" if group else kind
    lines = [str(error) for error in errors]
    text = lines[0] if len(lines) == 1 else "[" + ", ".join(lines) + "]"
    causes = [{"reason": e.kind, "message": e.detail, "field": e.field} for e in errors]
    return ApiError(
        "Invalid",
        f"{kind_text} {quote(str(name))} is invalid: {text}",
        details=_details(name, group, kind) | {"causes": causes},
    )


def bad_request(message: str) -> ApiError:
    """Return the error for a request that cannot be understood."""
    return ApiError("BadRequest", message)


def gone(message: str) -> ApiError:
    """Return the error for a resourceVersion that has been compacted away."""
    return ApiError("Expired", message)


def _details(name: str, group: str, kind: str) -> dict[str, Any]:
    details = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in details.items() if value}
