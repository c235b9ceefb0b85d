"""The options of `pods/NAME/log` (pure).

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
"""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.kinds.fields import Errors, invalid, unsupported
from bouvier.meta.errors import bad_request, forbidden_field, invalid_object

STREAMS = ("All", "Stderr", "Stdout")
_LEAST = {"sinceSeconds": 1, "tailLines": 0, "limitBytes": 1}
_TOO_SMALL = {0: "must be greater than or equal to 0", 1: "must be greater than 0"}


def check(pod: str, query: Mapping[str, str]) -> None:
    """Check the options of a query.

    Raises:
        ApiError: BadRequest for what is no number, Invalid for numbers and words that make no sense.

    """
    errors = list(_errors(query))
    if errors:
        raise invalid_object("", "PodLogOptions", pod, errors)


def _errors(query: Mapping[str, str]) -> Errors:
    stream = query.get("stream") or "All"
    if query.get("sinceSeconds") and query.get("sinceTime"):
        yield forbidden_field("", "at most one of `sinceTime` or `sinceSeconds` may be specified")
    for name, least in _LEAST.items():
        value = _number(name, query.get(name, ""))
        if value is not None and value < least:
            yield invalid(name, value, _TOO_SMALL[least])
    if stream not in STREAMS:
        yield unsupported("stream", stream, STREAMS)
    elif stream != "All" and query.get("tailLines"):
        yield forbidden_field("", "`tailLines` and specific `stream` are mutually exclusive for now")


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'{name}: strconv.ParseInt: parsing "{text}": invalid syntax') from None
