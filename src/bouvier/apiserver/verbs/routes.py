"""Which function answers which subresource and method. One flat table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Answer
from bouvier.apiserver.verbs import approving, binding, evicting, finalizing, portforward, scaling, streams, tokens
from bouvier.apiserver.verbs.reviews import review

Handler = Callable[[Call], Awaitable[Answer]]

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
    ("finalize", "PUT"): finalizing.finalize,
    ("approval", "PUT"): approving.approve,
    ("token", "POST"): tokens.issue_token,
}

__all__ = ["SUBRESOURCES", "review"]
