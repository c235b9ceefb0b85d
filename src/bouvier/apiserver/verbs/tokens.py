"""The `token` subresource of service accounts."""

from __future__ import annotations

from bouvier.apiserver.admission.node_tokens import check_host
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import reading
from bouvier.apiserver.verbs.answers import render_object
from bouvier.apiserver.wire import bodies


async def issue_token(call: Call) -> Response:
    """Answer a TokenRequest with a fresh token."""
    content_type = call.request.headers.get("Content-Type", "application/json")
    body = await call.request.read()
    request = bodies.decode_object(content_type, body, ("authentication.k8s.io/v1", "TokenRequest")).obj
    account = reading.find(call).decode()
    check_host(call, request)
    return render_object(call, call.context.accounts.issue(call.cluster, account, request), 201)
