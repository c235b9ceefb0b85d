"""`POST /hooks/CLUSTER/NAMESPACE/NAME/SECRET`: where senders call receivers; the URL is all the proof that is needed.

A call is written down as a ReceiverCall before anything is done (a call that is there already is not made again), then
carried out by the receivers' controller; the answer waits for it, for ten seconds at most.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Answer, Request, Response, Target
from bouvier.apiserver.verbs.creating import create_object
from bouvier.hooks import payloads, reporting, signatures
from bouvier.hooks.deliveries import call_name, delivery_of
from bouvier.hooks.limits import RateLimits
from bouvier.hooks.payloads import Payload
from bouvier.hooks.secrets import PREFIX, hashed, is_secret, parse_path
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.kinds.hooks_v1.receivercalls import REFUSED, UNCHANGED
from bouvier.kinds.hooks_v1.receivers import UPGRADE
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj, key_of, name_of, uid_of
from bouvier.util.clock import now_micro_text

WAIT_SECONDS = 10.0
"""Senders give up after ten seconds (GitHub) or more; who is answered 202 finds the result on the ReceiverCall."""
MOST_BODY_BYTES = 256 * 1024
PENDING = "Pending"
_RECEIVERS = (receivers.RESOURCE.group, receivers.RESOURCE.plural)
_CALLS = (receivercalls.RESOURCE.group, receivercalls.RESOURCE.plural)

__all__ = ["PREFIX", "HookPath"]


class HookPath:
    """Answers the path."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._limits = RateLimits()
        self._waiting: dict[tuple[str, str, str], list[asyncio.Event]] = {}
        context.hub.listen(*_CALLS, self._changed)
        context.hub.listen(*_RECEIVERS, self._receiver_changed)

    def _changed(self, key: StoreKey, _value: bytes | None) -> None:
        for event in self._waiting.get((key.cluster, key.namespace, key.name), ()):
            event.set()

    def _receiver_changed(self, key: StoreKey, value: bytes | None) -> None:
        if value is None:
            self._limits.forget(f"{key.cluster}/{key.namespace}/{key.name}")

    async def call(self, request: Request) -> Answer:
        """Take a call."""
        if request.method != "POST":
            raise ApiError("MethodNotAllowed", "hooks are called with POST")
        cluster, receiver = self._receiver(request.path)
        self._check_open(cluster, receiver)
        body = await request.read()
        if len(body) > MOST_BODY_BYTES:
            raise ApiError("RequestEntityTooLarge", f"the body is larger than {MOST_BODY_BYTES} bytes")
        signed = self._check_signature(cluster, receiver, request, body)
        payload = _payload(receiver, body)
        if payload is not None and not payload.pushes:
            return _answer("", UNCHANGED, "the notification holds no push of a tag", 200)
        delivery = signed or _delivery(request, payload)
        name = call_name(name_of(receiver), uid_of(receiver), delivery)
        is_new = await self._write(cluster, receiver, name, _spec(receiver, delivery, request.remote, payload))
        live = await self._ended(cluster, receiver["metadata"]["namespace"], name)
        return _answer_of(live, name, is_replayed=not is_new)

    def _receiver(self, path: str) -> tuple[str, Obj]:
        """Return the receiver whose secret the path holds; whatever is wrong with it looks the same from outside."""
        parts = parse_path(path)
        cluster, namespace, name, secret = parts or ("", "", "", "")
        served = cluster in self._context.clusters.names()
        cache = self._context.hub.resource(cluster, *_RECEIVERS) if served else None
        entry = cache.entries.get(f"{namespace}/{name}") if cache is not None else None
        receiver = entry.decode() if entry else None
        if not is_secret(secret, receiver["spec"].get("secretHash") if receiver else None) or receiver is None:
            raise ApiError(
                "NotFound", "there is no such hook: the URL is wrong, or the hook was removed or has a new URL"
            )
        return cluster, receiver

    def _check_open(self, cluster: str, receiver: Obj) -> None:
        reason, message = reporting.state(receiver, datetime.now(UTC))
        if reason == reporting.EXPIRED:
            raise ApiError("Gone", message)
        if reason == reporting.DISABLED:
            raise ApiError("Forbidden", message)
        most = receiver["spec"]["callsPerMinute"]
        seconds = self._limits.take(f"{cluster}/{key_of(receiver)}", most, time.monotonic())
        if seconds:
            raise ApiError(
                "TooManyRequests",
                f"the hook takes {most} calls a minute (spec.callsPerMinute)",
                retry_after_seconds=int(seconds) + 1,
            )

    def _check_signature(self, cluster: str, receiver: Obj, request: Request, body: bytes) -> str:
        """Return the delivery that a signature vouches for, empty when the hook asks for none."""
        secret = receiver["spec"].get("signatureSecret")
        if not secret:
            return ""
        key = f"{receiver['metadata']['namespace']}/{secret}"
        entry = self._context.hub.resource(cluster, "", "secrets").entries.get(key)
        text = ((entry.decode().get("data") or {}) if entry else {}).get("key", "")
        with contextlib.suppress(binascii.Error):
            if text:
                why = signatures.refusal(base64.b64decode(text), request.headers.get, body, time.time())
                if why:
                    raise ApiError("Unauthorized", why)
                return "signed:" + (request.headers.get("Webhook-Id") or hashed(body.decode("latin-1")))
        raise ApiError("ServiceUnavailable", f"Secret {key} with the key `key` is missing: calls cannot be checked")

    async def _write(self, cluster: str, receiver: Obj, name: str, spec: Obj) -> bool:
        """Write the call down; return False when it is there already."""
        resource, namespace = receivercalls.RESOURCE, receiver["metadata"]["namespace"]
        kind = self._context.kinds.find(cluster, resource.group, resource.version, resource.plural)
        assert kind is not None
        metadata = {"name": name, "namespace": namespace, "ownerReferences": [receivers.owner(receiver)]}
        target = Target(resource.group, resource.version, resource.plural, namespace, "", "", "")
        call = Call(self._context, internal_request(cluster, SELF), kind, target)
        made: Obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}
        try:
            await create_object(call, made)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            return False
        return True

    async def _ended(self, cluster: str, namespace: str, name: str) -> Obj | None:
        """Return the call once it has ended; None when it is still waiting after some time, or was removed.

        A call that another sender is writing just now may not be in the cache yet.
        """
        event, key = asyncio.Event(), (cluster, namespace, name)
        cache = self._context.hub.resource(cluster, *_CALLS)
        self._waiting.setdefault(key, []).append(event)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    entry = cache.entries.get(f"{namespace}/{name}")
                    live: Obj | None = entry.decode() if entry else None
                    if live is not None and not reporting.is_pending(live):
                        return live
                    event.clear()
                    await event.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting[key].remove(event)
            if not self._waiting[key]:
                del self._waiting[key]


def _payload(receiver: Obj, body: bytes) -> Payload | None:
    """Return what the body says of pushes; None for hooks that do not ask."""
    if receiver["spec"]["action"] != UPGRADE:
        return None
    try:
        return payloads.parse(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {payloads.FORMS}") from error
    except ValueError as error:
        raise bad_request(str(error)) from error


def _delivery(request: Request, payload: Payload | None) -> str:
    try:
        return delivery_of(request.headers.get, payload.delivery if payload else "")
    except ValueError as error:
        raise bad_request(str(error)) from error


def _spec(receiver: Obj, delivery: str, source: str, payload: Payload | None) -> Obj:
    spec: dict[str, Any] = {"receiver": name_of(receiver), "received": now_micro_text(), "source": source}
    if delivery:
        spec["delivery"] = delivery
    if payload is not None:
        spec["pushes"] = [{field: value for field, value in p._asdict().items() if value} for p in payload.pushes]
    return spec


def _answer_of(live: Obj | None, name: str, *, is_replayed: bool) -> Response:
    status = (live or {}).get("status") or {}
    if not status:
        return _answer(name, PENDING, f"not done yet: look at ReceiverCall {name}", 202, is_replayed=is_replayed)
    return _answer(name, status["result"], status["message"], status["code"], is_replayed=is_replayed)


def _answer(name: str, result: str, message: str, code: int, *, is_replayed: bool = False) -> Response:
    body = {"call": name, "result": result, "message": message, "replayed": is_replayed}
    if result == REFUSED:
        body |= {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return Response(code, codec.dumps(body))
