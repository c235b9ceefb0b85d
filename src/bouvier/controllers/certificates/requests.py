"""Approves and signs certificate requests of hosts, and signs what an administrator approved.

The join token is marked as used before the approval is written: of two hosts that join with the same token at the same
moment one loses the race for the mark and is denied.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.certificates.plan import OF_HOSTS, Verdict, judge, purposes, seconds_kept
from bouvier.controllers.runtime.conditions import put
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import CERTIFICATESIGNINGREQUESTS, NODES, SECRETS
from bouvier.util.pki import LEAF_DAYS, Authority
from bouvier.util.signing_requests import SigningRequest, read_request

TOKENS_IN = "kube-system"
RETRY_SECONDS = 1.0
"""A host asks for its overlay certificate in the same moment as it reports its address."""
_DAY_SECONDS = 86400


class CertificateController:
    """Writes conditions and certificate of CertificateSigningRequests, and `used-by` of join tokens."""

    name = "certificates"
    workers = 1
    reads = (CERTIFICATESIGNINGREQUESTS, NODES, SECRETS)
    writes = (CERTIFICATESIGNINGREQUESTS, SECRETS)

    def __init__(self, client: Client, authority: Authority, hosts_group: str = "") -> None:
        """Sign for the hosts of one cluster; `hosts_group` is their group where it is not the one that they ask for."""
        self._client = client
        self._hosts_group = hosts_group
        self._authority = authority

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch requests; Nodes are only looked up."""
        self._nodes: Informer = informers.informer(NODES)
        self._requests: Informer = informers.informer(CERTIFICATESIGNINGREQUESTS)
        self._requests.add_handler(lambda _type, _old, new: queue.add(name_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Bring a request one step further."""
        request = self._requests.get(key)
        if request is None:
            return None
        try:
            asked = read_request(base64.b64decode(request["spec"]["request"]))
        except ValueError as error:
            verdict, asked = Verdict("deny", "Malformed", str(error)), SigningRequest("", (), ())
            if (request.get("status") or {}).get("conditions"):
                verdict = Verdict("done")
        else:
            verdict = judge(request, asked, self._nodes.items(), is_home=not self._hosts_group)
        return await self._perform(request, verdict)

    async def _perform(self, request: Obj, verdict: Verdict) -> Again | None:
        match verdict.action:
            case "approve":
                used_by = await self._use(verdict.token, verdict.host, name_of(request)) if verdict.token else ""
                if used_by:
                    message = f"the join token was used already, by host {used_by}: make another one: bouvier token"
                    verdict = Verdict("deny", "TokenUsed", message)
                await self._decide(request, "Denied" if used_by else "Approved", verdict)
            case "deny":
                await self._decide(request, "Denied", verdict)
            case "fail":
                await self._decide(request, "Failed", verdict)
            case "sign":
                await self._sign(request)
            case "wait":
                return Again(RETRY_SECONDS) if verdict.reason else await self._forget_in_time(request)
            case _:
                return await self._forget_in_time(request)
        return None

    async def _use(self, token: str, host: str, request: str) -> str:
        """Mark a join token as used; return the host that used it before, empty when it was free or serves many."""
        secret = await self._client.get(SECRETS, f"bootstrap-token-{token}", TOKENS_IN)
        data = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
        if data.get("usage-bootstrap-many") == "true":
            return ""
        if data.get("used-by"):
            return "" if data.get("used-for") == request else data["used-by"]
        marks = {"used-by": host, "used-for": request}
        body = {
            "metadata": {"resourceVersion": secret["metadata"]["resourceVersion"]},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in marks.items()},
        }
        await self._client.patch(SECRETS, name_of(secret), body, namespace=TOKENS_IN)
        return ""

    async def _decide(self, request: Obj, kind: str, verdict: Verdict) -> None:
        now = datetime.now(UTC)
        new: dict[str, Any] = {"type": kind, "status": "True", "reason": verdict.reason, "message": verdict.message}
        new["lastUpdateTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        status = dict(request.get("status") or {})
        status["conditions"] = put(list(status.get("conditions") or []), new, now)
        subresource = "status" if kind == "Failed" else "approval"
        await self._client.update(CERTIFICATESIGNINGREQUESTS, request | {"status": status}, subresource=subresource)

    async def _sign(self, request: Obj) -> None:
        spec = request["spec"]
        purpose = purposes(spec)
        days = min(LEAF_DAYS, spec.get("expirationSeconds", LEAF_DAYS * _DAY_SECONDS) / _DAY_SECONDS)
        pem = self._authority.sign(
            base64.b64decode(spec["request"]),
            client=purpose.client,
            server=purpose.server,
            days=days,
            organisation=self._hosts_group if spec["signerName"] in OF_HOSTS else "",
        )
        status = (request.get("status") or {}) | {"certificate": base64.b64encode(pem).decode()}
        await self._client.update(CERTIFICATESIGNINGREQUESTS, request | {"status": status}, subresource="status")

    async def _forget_in_time(self, request: Obj) -> Again | None:
        age = datetime.now(UTC) - datetime.fromisoformat(request["metadata"]["creationTimestamp"])
        left = seconds_kept(request) - age.total_seconds()
        if left > 0:
            return Again(left + 1)
        try:
            await self._client.delete(CERTIFICATESIGNINGREQUESTS, name_of(request))
        except ApiError as error:
            if error.reason != "NotFound":
                raise
        return None
