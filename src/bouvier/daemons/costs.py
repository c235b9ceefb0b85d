"""`/apis/billing.bouvier.io/v1/reports`: cost reports, computed from the ledger and the price list when asked for.

Parameters: `by` (namespace, app, host, cluster, label:KEY), `from` and `to` (seconds since the epoch), `namespace`,
`label=KEY=VALUE`, `idle=share`. Needs the right to get `reports` in `billing.bouvier.io`.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Context
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.billing.ledger import Ledger
from bouvier.billing.report import Question, make_report
from bouvier.kinds.billing_v1.prices import DEFAULT, Prices, parse
from bouvier.meta.errors import ApiError, bad_request

GROUP = "billing.bouvier.io"
PATH = f"/apis/{GROUP}/v1/reports"
DAYS_SHOWN = 30
"""A report without dates covers so many days."""


class CostPaths:
    """Answers the path."""

    def __init__(self, context: Context, ledger: Path) -> None:
        self._context = context
        self._ledger = ledger

    async def report(self, request: Request) -> Answer:
        """Answer with the report that the parameters ask for."""
        if request.user is ANONYMOUS:
            raise unauthorized()
        if request.method != "GET":
            raise ApiError("MethodNotAllowed", "reports can be read only")
        wanted = Attributes("get", GROUP, "reports", namespace=request.query.get("namespace", ""))
        self._context.authorizer.check(request.cluster, request.user, wanted)
        try:
            question = _question(request.query)
            document = await asyncio.to_thread(self._make, self._prices(), question)
        except ValueError as error:
            raise bad_request(str(error)) from error
        return Response(200, codec.dumps(document))

    def _prices(self) -> list[Prices]:
        entry = self._context.hub.resource("local", GROUP, "pricelists").entries.get("/default")
        return parse(entry.decode()["spec"]) if entry else [DEFAULT]

    def _make(self, lists: list[Prices], question: Question) -> dict[str, object]:
        if not self._ledger.exists():
            raise ApiError(
                "ServiceUnavailable", "nothing has been recorded yet: try again in a minute", retry_after_seconds=30
            )
        ledger = Ledger(self._ledger, read_only=True)
        try:
            return make_report(ledger, lists, question).document()
        finally:
            ledger.close()


def _question(query: dict[str, str]) -> Question:
    end = _number(query, "to", int(time.time()))
    begin = _number(query, "from", end - DAYS_SHOWN * 24 * 3600)
    if begin > end:
        raise ValueError("from: must not be later than to")
    idle = query.get("idle", "separate")
    if idle not in ("share", "separate"):
        raise ValueError(f"idle: {idle!r} is not share or separate")
    namespace, label = query.get("namespace", ""), query.get("label", "")
    return Question(query.get("by", "namespace"), begin, end, namespace, idle == "share", label)


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise ValueError(f"{name}: {text!r} is not a number of seconds since 1970")
    return int(text)
