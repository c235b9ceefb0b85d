"""From a request to its answer: who, may they, which kind, which verb.

Every refusal is an `ApiError` and leaves as a Status; anything else that goes wrong is logged with its
traceback and leaves as an InternalError that tells nothing of the inside.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog

from bouvier.apiserver import codec
from bouvier.apiserver.aggregation.proxy import ApiProxy
from bouvier.apiserver.audit.auditor import Auditor
from bouvier.apiserver.authn.authenticator import Authenticator, unauthorized
from bouvier.apiserver.authn.impersonation import impersonated
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.authz.webhook import MOST_QUESTIONS, UndecidedError, unanswered
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.extras.tunnel import PREFIX as TUNNELS
from bouvier.apiserver.flow.gate import Gate
from bouvier.apiserver.information import Information
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response, Streamed, Target, parse_target
from bouvier.apiserver.routing import NOT_ALLOWED, deadline, not_allowed, not_found_path, old_watch_path
from bouvier.apiserver.verbs import creating, deleting, listing, patching, reading, updating, watching
from bouvier.apiserver.verbs.answers import check_acceptable, written
from bouvier.apiserver.verbs.routes import KIND_SUBRESOURCES, SUBRESOURCES, VIRTUAL, review
from bouvier.apiserver.verbs.write_options import check_write_options
from bouvier.apiserver.wire import negotiate
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import WRITE_VERBS
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.store.interface import StoreUnavailableError, ValueTooLargeError

log = structlog.get_logger(__name__)

Extra = Callable[[Request], Awaitable[Answer]]

IN_EVERY_CLUSTER = (TUNNELS,)
"""Paths beyond the resources that each cluster has. The others are those of the platform: who may do something there is
known in `local`, where an account of another cluster could have a namesake."""
INTERNAL_ERROR = "an error on the server has prevented the request from succeeding"
BUILD_PATHS = "/apis/build.openshift.io/v1/namespaces/"
NAMESPACES = ("namespaces", "projects")
"""Cluster-wide resources whose objects stand in the namespace of their own name, where access to them is judged."""
_SELECTED = ("list", "watch", "deletecollection")
_ONE_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,]+)")
_COLLECTION_VERBS = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_PROXY_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
"""Other methods have no verb: only who may do everything may use them."""
_OBJECT_VERBS = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}


class Server:
    """The handler of every request."""

    def __init__(
        self,
        context: Context,
        authenticator: Authenticator,
        information: Information,
        extras: dict[str, Extra],
        api_proxy: ApiProxy,
        *,
        gate: Gate,
    ) -> None:
        self._context = context
        self._audit: Auditor = context.auditor
        self._authenticator = authenticator
        self._information = information
        self._api_proxy = api_proxy
        self._gate = gate
        self._extras = extras
        """Handlers of path prefixes beyond the resources (console, tunnels); they check access themselves."""

    @property
    def _extra_prefixes(self) -> tuple[str, ...]:
        return tuple(self._extras)

    def handle_now(self, request: Request) -> Response | None:
        """Answer a read of one object from the cache without waiting; None for everything else."""
        if request.method != "GET" or self._context.store.is_shared or request.path.startswith(self._extra_prefixes):
            return None
        target = parse_target(request.path)
        if (
            target is None
            or not target.name
            or target.subresource
            or request.query_text
            or target.plural == "watch"
            or (target.group, target.plural) in VIRTUAL
        ):
            return None
        try:
            if self._authenticator.must_wait(request):
                return None
            self._authenticator.route(request)
            clusters = self._context.clusters
            if request.cluster != LOCAL and (
                clusters.get(request.cluster) is None or clusters.is_proxied(request.cluster)
            ):
                return None
            self._identify(request)
            clusters.check(request.cluster)
            if self._context.remote_apis.find(request.cluster, target) is not None:
                return None
            if not self._gate.passes(request, target):
                return None
            kind = self._context.kinds.find(request.cluster, target.group, target.version, target.plural)
            if kind is not None and kind.convert is not None:
                return None
            self._audit.begin(request, "get", target)
            answer = reading.get(self._call(request, target, "get"))
        except UndecidedError:
            return None
        except ApiError as error:
            return self._refused(request, error)
        except Exception as error:
            return self._failed(request, error)
        if request.audit_id:
            self._audit.complete(request, answer)
        return answer

    async def handle(self, request: Request) -> Answer:
        """Answer a request; never raises but for cancellation."""
        answer: Answer | None = None
        try:
            if "timeout=" in request.query_text:
                async with deadline(request):
                    answer = await self._decided(request)
            else:
                answer = await self._decided(request)
            if request.audit_id:
                answer = await self._audit.finish(request, answer)
            return answer
        except ApiError as error:
            await self._audit.read_body(request)
            return self._refused(request, error)
        except ValueTooLargeError as error:
            message = f"the object is too large to be stored: {error}"
            return self._refused(request, ApiError("RequestEntityTooLarge", message))
        except StoreUnavailableError as error:
            return self._refused(request, ApiError("ServiceUnavailable", str(error), retry_after_seconds=1))
        except (ConnectionError, asyncio.CancelledError):
            self._audit.left(request)
            raise
        except Exception as error:
            return self._failed(request, error)
        finally:
            if not _is_going_on(answer):
                request.release()

    async def _decided(self, request: Request) -> Answer:
        """Answer a request; where others must be asked whether it may be, begin again with what they say."""
        for _ in range(MOST_QUESTIONS):
            try:
                return await self._answer(request)
            except UndecidedError as undecided:
                request.release()
                await undecided.answer()
        raise unanswered()

    def _refused(self, request: Request, error: ApiError) -> Response:
        answer = _refusal(request, error)
        self._audit.refuse(request, answer, error)
        return answer

    def _failed(self, request: Request, error: Exception) -> Response:
        log.error("request failed", method=request.method, path=request.path, exc_info=error)
        self._audit.fail(request, error)
        return _refusal(request, ApiError("InternalError", INTERNAL_ERROR))

    async def _answer(self, request: Request) -> Answer:
        await self._authenticator.prepare(request)
        self._authenticator.route(request)
        cluster = self._cluster(request)
        if cluster is not None and self._context.clusters.is_proxied(request.cluster):
            return await self._pass_on(request, cluster)
        for prefix, extra in self._extras.items():
            if request.path.startswith(prefix):
                if request.cluster != LOCAL and prefix not in IN_EVERY_CLUSTER:
                    raise ApiError("NotFound", f"{request.path} is served in the cluster {LOCAL} only")
                request.user = self._authenticator.authenticate(request)
                self._audit.begin(request, request.method.lower(), None)
                if prefix != TUNNELS:
                    await self._gate.enter(request, None, request.method.lower())
                return await extra(request)
        self._identify(request)
        target = parse_target(request.path)
        if target is None:
            return await self._document(request)
        if target.plural == "watch":
            old_watch_path(request, target)
            target = parse_target(request.path) or target
        return await self._resource(request, target)

    def _cluster(self, request: Request) -> Obj | None:
        """Return the Cluster object that the path names, None for `local`; strangers learn nothing of what there is."""
        if request.cluster == LOCAL:
            return None
        request.user = self._authenticator.authenticate(request)
        if request.user is ANONYMOUS:
            raise unauthorized()
        return self._context.clusters.check(request.cluster)

    async def _pass_on(self, request: Request, cluster: Obj) -> Answer:
        """Hand a request to the API that the cluster stands for, as the caller."""
        self._identify(request)
        proxy = self._context.clusters.proxy
        if proxy is None:
            raise ApiError("ServiceUnavailable", "this API server does not pass requests on")
        target = parse_target(request.path)
        verb = _verb(request, target) if target else request.method.lower()
        self._audit.begin(request, verb, target)
        await self._gate.enter(request, target, verb)
        return await proxy(request, cluster)

    def _identify(self, request: Request) -> None:
        """Find out who calls, and as whom; only health is for everybody."""
        request.user = self._authenticator.authenticate(request)
        self._impersonate(request)
        if request.user is ANONYMOUS and not self._is_public(request):
            raise unauthorized()

    def _impersonate(self, request: Request) -> None:
        wanted = impersonated(request)
        if wanted is None:
            return
        for needed in wanted.needed:
            self._context.authorizer.check(request.cluster, request.user, needed)
        request.caller, request.user = request.user, wanted.user

    def _is_public(self, request: Request) -> bool:
        """Tell whether somebody without credentials may ask: health, and build hooks, whose path holds a secret."""
        path = request.path
        return self._authenticator.is_public(path) or (path.startswith(BUILD_PATHS) and "/webhooks/" in path)

    async def _document(self, request: Request) -> Answer:
        verb = request.method.lower()
        self._audit.begin(request, verb, None)
        await self._gate.enter(request, None, verb)
        self._check(request, Attributes(verb, path=request.path))
        service = self._context.remote_apis.find_document(request.cluster, request.path)
        if service is not None:
            return await self._api_proxy.pass_on(request, service)
        return await self._information.answer(request)

    async def _resource(self, request: Request, target: Target) -> Answer:
        verb = _verb(request, target)
        self._audit.begin(request, verb, target)
        await self._gate.enter(request, target, verb)
        service = self._context.remote_apis.find(request.cluster, target)
        if service is not None:
            self._authorize(request, target, verb)
            return await self._api_proxy.pass_on(request, service)
        call = self._call(request, target, verb)
        check_acceptable(call, verb)
        return await _run(call, call.kind, verb)

    def _authorize(self, request: Request, target: Target, verb: str) -> None:
        self._check(request, _attributes(request, target, verb))

    def _check(self, request: Request, wanted: Attributes) -> None:
        if request.audit is None:
            self._context.authorizer.check(request.cluster, request.user, wanted)
        else:
            self._audit.check(self._context.authorizer, request, wanted)

    def _call(self, request: Request, target: Target, verb: str) -> Call:
        """Check access and existence of what a request names."""
        kind = self._context.kinds.find(request.cluster, target.group, target.version, target.plural)
        self._authorize(request, target, verb)
        if kind is None:
            raise not_found_path()
        if not kind.resource.namespaced and target.namespace and target.plural not in NAMESPACES:
            raise not_found_path()
        if kind.resource.namespaced and not target.namespace and (target.name or request.method != "GET"):
            raise not_found_path() if target.name or kind.is_custom else not_allowed(kind, verb)
        if kind.deprecation and kind.deprecation not in request.warnings:
            request.warnings.append(kind.deprecation)
            request.annotate("k8s.io/deprecated", "true")
        stored = self._context.kinds.stored_as(request.cluster, kind)
        return Call(self._context, request, stored, target, kind)


def _attributes(request: Request, target: Target, verb: str) -> Attributes:
    """Return what access rules judge; a list of the one object that a field selector names is asked for by its name."""
    resource = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    if target.name or verb not in _SELECTED or not request.query_text:
        return Attributes(verb, target.group, resource, target.namespace, target.name)
    fields = request.query.get("fieldSelector", "")
    name = ""
    if verb != "deletecollection":
        found = _ONE_NAME.search(fields)
        name = found[1] if found else ""
    labels = request.query.get("labelSelector", "")
    return Attributes(verb, target.group, resource, target.namespace, name, "", fields, labels)


def _verb(request: Request, target: Target) -> str:
    """Return the verb that access rules speak of."""
    if target.subresource == "proxy":
        return _PROXY_VERBS.get(request.method, "")
    if request.method == "GET" and request.flag("watch"):
        return "watch"
    if target.subresource in ("exec", "attach", "portforward") and request.method == "GET":
        return "create"
    verbs = _OBJECT_VERBS if target.name else _COLLECTION_VERBS
    verb = verbs.get("GET" if request.method == "HEAD" else request.method)
    if verb is None:
        raise ApiError("MethodNotAllowed", NOT_ALLOWED)
    return verb


async def _run(call: Call, kind: Kind, verb: str) -> Answer:
    target = call.target
    check_write_options(call.request)
    if target.subresource and target.subresource != "status":
        return await _subresource(call, kind)
    if target.subresource and not kind.has_status:
        raise not_found_path()
    if verb not in (WRITE_VERBS if target.subresource else call.view.verbs):
        raise not_allowed(kind, verb)
    virtual = VIRTUAL.get((call.view.resource.group, call.view.resource.plural))
    if virtual is not None:
        answer = await virtual(call, verb)
        if answer is not None:
            return answer
    if verb == "get":
        await _wait_for_others(call)
        return await reading.get_converted(call)
    if verb == "list":
        return await listing.list_objects(call)
    if verb == "watch":
        return await watching.watch(call)
    if verb == "create":
        if target.name:
            raise not_allowed(kind, verb)
        return await (review(call) if kind.verbs == ("create",) else creating.create(call))
    if verb == "update":
        return await updating.update(call)
    if verb == "patch":
        return await patching.patch(call)
    return await (deleting.delete(call) if verb == "delete" else deleting.delete_collection(call))


async def _wait_for_others(call: Call) -> None:
    """Where several servers write: let a read that asks for the present see what others have acknowledged."""
    if call.context.store.is_shared and not call.request.query.get("resourceVersion"):
        await call.context.hub.fresh()


async def _subresource(call: Call, kind: Kind) -> Answer:
    name = call.target.subresource
    if name not in kind.subresources:
        raise not_found_path()
    resource, method = kind.resource, call.request.method
    handler = KIND_SUBRESOURCES.get((resource.group, resource.plural, name, method)) or SUBRESOURCES.get((name, method))
    if handler is None:
        raise not_allowed(kind, call.request.method.lower())
    return await handler(call)


def _is_going_on(answer: Answer | None) -> bool:
    """Tell whether most of the work is still to come: the transport gives the seats back."""
    if isinstance(answer, Streamed):
        return answer.keeps_seat
    return answer is not None and answer.pieces is not None


def _refusal(request: Request, error: ApiError) -> Response:
    status = error.status()
    headers = {}
    if error.retry_after_seconds:
        headers["Retry-After"] = str(error.retry_after_seconds)
        status.setdefault("details", {})["retryAfterSeconds"] = error.retry_after_seconds
    rendering = negotiate.for_refusals(request.headers.get("Accept", ""))
    return written(request, rendering, codec.dumps(status), error.code)._replace(headers=headers)
