"""The documents of flow control: `/metrics` and the tables under `/debug/api_priority_and_fairness/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bouvier.apiserver.flow import dumps
from bouvier.apiserver.flow.control import FlowControl
from bouvier.apiserver.request import Request, Response

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"


def flow_pages(
    control: FlowControl, more_metrics: Callable[[], Iterable[str]] = tuple
) -> dict[str, Callable[[Request], Response]]:
    """Return the documents by path; `more_metrics` gives lines of other rooms."""

    def levels(_request: Request) -> Response:
        return _text(dumps.priority_levels(control.levels, control.figures.values()))

    def queues(_request: Request) -> Response:
        return _text(dumps.queues(control.levels))

    def requests(request: Request) -> Response:
        details = bool(request.query.get("includeRequestDetails"))
        return _text(dumps.requests(control.levels, details=details))

    def metrics(_request: Request) -> Response:
        more = "".join(f"{line}\n" for line in more_metrics())
        return _text(control.metrics() + more, METRICS_TYPE)

    return {
        "/metrics": metrics,
        f"{dumps.PREFIX}dump_priority_levels": levels,
        f"{dumps.PREFIX}dump_queues": queues,
        f"{dumps.PREFIX}dump_requests": requests,
    }


def _text(text: str, content_type: str = TEXT_TYPE) -> Response:
    return Response(200, text.encode(), content_type)
