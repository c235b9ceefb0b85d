"""The audited way of a request: begin, access, and one of complete, follow (streams), fail or refuse.

A request that nobody wants recorded costs one look into a table. Events of finished requests are made some together: that
takes a third of the processor time of making each in its request's turn, with everything else in the processor's caches.
Everything here runs on the event loop and only hands finished lines over; who writes them is `batching`'s matter.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import orjson
import structlog

from bouvier.apiserver.audit import events
from bouvier.apiserver.audit.exchange import ToldExchange
from bouvier.apiserver.audit.matching import NOTHING, Decision, Wish, decide, depends_on_name
from bouvier.apiserver.audit.policy import COMPLETE, PANIC, RECEIVED, STARTED, Policy
from bouvier.apiserver.audit.records import Record
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.request import Answer, Request, Response, Streamed, Target, User, parse_target
from bouvier.meta.errors import ApiError
from bouvier.util.uids import new_uid

REMEMBERED = 20_000
"""Decisions kept: some MB at most."""
LONG_RUNNING = ("attach", "exec", "proxy", "log", "portforward")
"""Subresources whose answers have a start and an end of their own."""
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}
log = structlog.get_logger(__name__)

NOBODY = User("", ())
"""Whose credentials were refused."""
_GIVEN_ID = re.compile(r"[\x21-\x7e]{1,64}")


TOGETHER_SECONDS, TOGETHER_EVENTS = 0.05, 64
"""How long, and how many, finished requests wait to become events: some 0.6 ms of work."""


class _Finished(NamedTuple):
    """A request whose event is to be made."""

    request: Request
    record: Record
    when: float
    answer: Response
    error: ApiError | None


class Sink(Protocol):
    """Takes finished events."""

    def put(self, line: bytes) -> None:
        """Take an event as one line of JSON, without waiting."""


class Authorizer(Protocol):
    """Decides access, and tells why."""

    def check(self, cluster: str, user: User, wanted: Attributes) -> None:
        """Raise `ApiError` Forbidden for a request that is not allowed."""

    def grant(self, cluster: str, user: User, wanted: Attributes) -> str:
        """Return why a request is allowed."""


class Auditor:
    """Records what a policy asks for. Without a policy or without sinks it records nothing."""

    def __init__(self, policy: Policy | None = None, sinks: Sequence[Sink] = ()) -> None:
        self._policy = policy if sinks else None
        self._sinks = sinks
        self._known: dict[tuple[object, ...], Decision] = {}
        self._by_name = policy is not None and depends_on_name(policy)
        self._finished: list[_Finished] = []
        self._timer: asyncio.TimerHandle | None = None
        self.event_count = 0

    def begin(self, request: Request, verb: str, target: Target | None) -> None:
        """Decide what is recorded of a request whose caller is known; once is enough."""
        if request.audit is not None:
            return
        request.is_weighed = True
        given = request.headers.get("audit-id")
        if given and _GIVEN_ID.fullmatch(given):
            request.audit_id = given
        if self._policy is None:
            return
        decision = self._decide(request, request.caller or request.user, verb, target)
        if decision is NOTHING:
            return
        if not request.audit_id:
            request.audit_id = new_uid()
        record = request.audit = Record(decision, verb, target, time.time())
        if RECEIVED not in decision.omit_stages:
            self._write(request, record, RECEIVED, None)
        if verb == "watch" or (target is not None and target.subresource in LONG_RUNNING):
            request.exchange = ToldExchange(request.exchange, lambda code: self._started(request, record, code))

    def _decide(self, request: Request, user: User | None, verb: str, target: Target | None) -> Decision:
        assert self._policy is not None
        if target is None:
            return decide(self._policy, Wish(user, verb, path=request.path))
        key = (user, verb, target.group, target.plural, target.subresource, target.namespace)
        decision = self._known.get(key)
        if decision is None:
            name = target.name
            wish = Wish(user, verb, target.group, target.plural, target.subresource, target.namespace, name)
            decision = decide(self._policy, wish)
            if not self._by_name:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[key] = decision
        return decision

    def check(self, authorizer: Authorizer, request: Request, wanted: Attributes) -> None:
        """Check access, and note the outcome for the event.

        Raises:
            ApiError: Forbidden.

        """
        record = request.audit
        try:
            authorizer.check(request.cluster, request.user, wanted)
        except ApiError:
            if record is not None:
                record.access = "forbid"
            raise
        if record is not None:
            record.access = "allow"
            record.reason = authorizer.grant(request.cluster, request.user, wanted)

    def complete(self, request: Request, answer: Response, error: ApiError | None = None) -> None:
        """Record the end of a request that was answered in one piece."""
        self._name(request)
        record = request.audit
        if record is None or COMPLETE in record.decision.omit_stages:
            return
        self._finished.append(_Finished(request, record, time.time(), answer, error))
        if len(self._finished) >= TOGETHER_EVENTS:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self.flush)

    def _name(self, request: Request) -> None:
        """Let the answer carry the request's Audit-ID."""
        if request.audit_id:
            request.head_lines += b"Audit-ID: %b\r\n" % request.audit_id.encode()

    def flush(self) -> None:
        """Make the events of all finished requests."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        finished, self._finished = self._finished, []
        for each in finished:
            if each.record.target is not None:
                events.note_object(each.record, each.answer)
            status = events.refused(each.error) if each.error else events.status_of(each.answer)
            self._write(each.request, each.record, COMPLETE, status, each.answer, when=each.when)

    async def finish(self, request: Request, answer: Answer) -> Answer:
        """Record the end of a request, or see to it that the end of its stream will be."""
        record = request.audit
        await self.read_body(request)
        if isinstance(answer, Response):
            if record is not None and record.decision.has_response and answer.pieces is not None:
                answer = answer._replace(body=answer.whole(), pieces=None)
            self.complete(request, answer)
            return answer
        self._name(request)
        return answer if record is None else self._followed(request, record, answer)

    async def read_body(self, request: Request) -> None:
        """Keep the body of a request that is recorded with it: of those for resources only, as upstream."""
        record = request.audit
        if record is not None and record.decision.has_request and record.target is not None:
            with suppress(ApiError):
                record.body = await request.read()

    def _followed(self, request: Request, record: Record, answer: Streamed) -> Streamed:
        async def run() -> None:
            refusal = None
            try:
                await answer.run()
            except ApiError as error:
                refusal = error
                raise
            finally:
                self.end(request, record, refusal)

        return answer._replace(run=run)

    def end(self, request: Request, record: Record, refusal: ApiError | None = None) -> None:
        """Record the end of a stream, also of one that its client left."""
        if COMPLETE in record.decision.omit_stages:
            return
        status: dict[str, Any] = record.status or events.CLOSED_EARLY
        if refusal is not None:
            status = events.refused(refusal)
        self._write(request, record, COMPLETE, status)

    def _started(self, request: Request, record: Record, code: int) -> None:
        record.status = {"metadata": {}, "code": code}
        if STARTED not in record.decision.omit_stages:
            self._write(request, record, STARTED, record.status)

    def start(self, request: Request, code: int = 200) -> None:
        """Record that a stream has begun which is not a request of its own."""
        if request.audit is not None:
            self._started(request, request.audit, code)

    def left(self, request: Request) -> None:
        """Record that the client left before there was an answer."""
        if request.audit is not None:
            self.end(request, request.audit)

    def fail(self, request: Request, error: BaseException) -> None:
        """Record that handling a request went wrong on our side."""
        record = request.audit
        if record is None or PANIC in record.decision.omit_stages:
            return
        message = f"APIServer panic'd: {type(error).__name__}"
        status = {"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError", "code": 500}
        self._write(request, record, PANIC, status)

    def refuse(self, request: Request, answer: Response, error: ApiError) -> None:
        """Record a refusal, also one that came before the policy was asked: wrong credentials, forbidden impersonation."""
        if request.is_weighed:
            self.complete(request, answer, error)
            return
        if error.code == 401:
            request.user = NOBODY
        target = parse_target(request.path)
        verb = _VERBS.get(request.method, request.method.lower()) if target else request.method.lower()
        if target is not None and not target.name:
            verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
        self.begin(request, verb, target)
        record = request.audit
        if record is None or error.code != 401:
            self.complete(request, answer, error)
            return
        self._name(request)
        if STARTED not in record.decision.omit_stages:
            self._write(request, record, STARTED, {**events.refused(error), "message": _attempted(request)})

    def _write(
        self,
        request: Request,
        record: Record,
        stage: str,
        status: dict[str, Any] | None,
        answer: Response | None = None,
        *,
        when: float = 0.0,
    ) -> None:
        if self._finished:
            self.flush()  # in the order of time
        event = events.event_of(request, record, stage, when or time.time(), status)
        if record.decision.has_request and record.target is not None and stage == COMPLETE:
            events.add_bodies(event, request, record, answer)
        try:
            line = orjson.dumps(event)
        except TypeError as error:  # a body that is too deep, or has numbers or keys that JSON has not
            event.pop("requestObject", None)
            event.pop("responseObject", None)
            log.warning("an audit event lacks its bodies", id=request.audit_id, why=str(error))
            line = orjson.dumps(event)
        self.event_count += 1
        for sink in self._sinks:
            sink.put(line)


def _attempted(request: Request) -> str:
    """Return with what somebody tried to prove who they are. Worded as Kubernetes words it."""
    scheme, _, token = request.headers.get("authorization").partition(" ")
    methods = [scheme.lower()] if token and scheme.lower() in ("basic", "bearer") else []
    if request.certificate is not None:
        methods.append("x509")
    if not methods:
        return "Authentication failed, no credentials provided"
    return f"Authentication failed, attempted: {', '.join(methods)}"
