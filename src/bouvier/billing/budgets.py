"""The budget controller: asks for the cost report of each budget's scope every minute, and warns."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from bouvier.billing.budget_plan import Finding, judge, span
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.conditions import put, time_text
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.billing_v1 import budgets
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, uid_of
from bouvier.meta.resources import NAMESPACES

REPORTS = "/apis/billing.bouvier.io/v1/reports"
LOOK_SECONDS = 60.0
"""Two windows of the ledger."""


class BudgetController:
    """Keeps the status of budgets."""

    name = "budgets"
    workers = 1
    reads: tuple[Resource, ...] = (budgets.RESOURCE, NAMESPACES)
    writes: tuple[Resource, ...] = (budgets.RESOURCE,)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch budgets; what they cost is asked for."""
        self._budgets = informers.informer(budgets.RESOURCE)
        self._namespaces = informers.informer(NAMESPACES)
        self._budgets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Look at one budget."""
        budget = self._budgets.get(key)
        if budget is None or is_deleting(budget):
            return None
        now = datetime.now(UTC)
        try:
            report = await self._report_for(budget, now)
        except ApiError as error:
            condition = {"type": "WithinBudget", "status": "Unknown", "reason": "NoReport", "message": error.message}
            await self._write(budget, {}, condition, now)
            return Again(LOOK_SECONDS)
        finding = judge(budget["spec"], Decimal(report["total"]), report["currency"], now)
        await self._tell(budget, finding, report["currency"], now)
        return Again(LOOK_SECONDS)

    async def _report_for(self, budget: Obj, now: datetime) -> Obj:
        scope, here = budget["spec"]["scope"], span(budget["spec"]["period"], now)
        query = {"from": str(int(here.begin.timestamp())), "to": str(int(now.timestamp()))}
        query |= {field: scope[field] for field in ("namespace", "label") if scope.get(field)}
        return await self._client.request("GET", REPORTS, query=query)

    async def _tell(self, budget: Obj, finding: Finding, currency: str, now: datetime) -> None:
        here, before = span(budget["spec"]["period"], now), budget.get("status") or {}
        begin = time_text(here.begin)
        known = before.get("passed") or [] if before.get("from") == begin else []
        condition = {"type": "WithinBudget", "status": str(finding.is_within)}
        condition |= {"reason": finding.reason, "message": finding.message}
        status = {
            "from": begin,
            "to": time_text(here.end),
            "currency": currency,
            "spent": str(finding.spent),
            "forecast": str(finding.forecast),
            "percent": finding.percent,
            "passed": finding.passed,
        }
        await self._write(budget, status, condition, now)
        if set(finding.passed) - set(known):
            self._recorder.event(budget, "Warning", finding.reason, finding.message)
            namespace = self._namespaces.get(budget["spec"]["scope"].get("namespace", ""))
            if namespace is not None:
                self._recorder.event(
                    namespace, "Warning", finding.reason, f"budget {name_of(budget)}: {finding.message}"
                )

    async def _write(self, budget: Obj, status: Obj, condition: Obj, now: datetime) -> None:
        before = budget.get("status") or {}
        status |= {
            "observedGeneration": budget["metadata"].get("generation", 1),
            "conditions": put(before.get("conditions") or [], condition, now),
        }
        if all(before.get(field) == value for field, value in status.items()):
            return
        body = {"metadata": {"uid": uid_of(budget)}, "status": status}
        await self._client.patch(budgets.RESOURCE, name_of(budget), body, subresource="status")
