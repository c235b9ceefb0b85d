"""Invoices as objects: found, drafted, issued under numbers without a gap, corrected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bouvier.billing.corrections import billed, correction, difference
from bouvier.billing.invoice import DRAFT, Invoice
from bouvier.cli.errors import CommandError
from bouvier.client import Client
from bouvier.kinds.billing_v1.invoices import RESOURCE as INVOICES
from bouvier.kinds.billing_v1.prices import month as month_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of

REPORTS = "/apis/billing.bouvier.io/v1/reports"
UNNAMED = "(none)"
OTHERS = "other pods"

Make = Callable[[list[Invoice]], Invoice | None]
"""From all issued invoices to the next one; None when there is nothing to issue any more."""


async def report(client: Client, query: dict[str, str], month: str) -> Obj:
    """Return a cost report.

    Raises:
        CommandError: the month has another form.
    """
    times = {}
    if month:
        try:
            begin, end = month_of(month)
        except ValueError as error:
            raise CommandError(str(error)) from None
        times = {"from": str(begin), "to": str(end)}
    found: Obj = await client.request("GET", REPORTS, query={k: v for k, v in (query | times).items() if v})
    return found


async def draft(client: Client, project: str, month: str) -> Invoice:
    """Return what a project costs in a month by the present prices."""
    found = await report(client, {"by": "app", "namespace": project}, month)
    named = [line | {"key": OTHERS if line["key"] == UNNAMED else line["key"]} for line in found["lines"]]
    lines = [(line["key"], line["amount"]) for line in named]
    parts = {line["key"]: line["parts"] for line in named}
    return Invoice(DRAFT, project, month, found["currency"], lines, found["total"], parts=parts)


async def issued(client: Client) -> list[Invoice]:
    """Return every final invoice and correction."""
    return [_of_spec(name_of(found), found["spec"]) for found in (await client.list_all(INVOICES)).items]


def original(documents: list[Invoice], project: str, month: str) -> Invoice | None:
    """Return the invoice of a project and month."""
    mine = [d for d in documents if (d.project, d.month, d.corrects) == (project, month, "")]
    return mine[0] if mine else None


async def invoice_of(client: Client, project: str, month: str) -> Invoice | None:
    """Return the final invoice of a project and month."""
    return original(await issued(client), project, month)


async def issue(client: Client, make: Make) -> Invoice | None:
    """Store an invoice under the next number of the year.

    Two issuers never get the same number, and the slower one decides anew with what the faster one issued.
    """
    while True:
        present = await issued(client)
        made = make(present)
        if made is None:
            return None
        today = datetime.now(UTC)
        taken = [int(d.number.partition("-")[2]) for d in present if d.number.startswith(f"{today:%Y}-")]
        number = f"{today:%Y}-{max(taken, default=0) + 1:06d}"
        made = made._replace(number=number, issued=f"{today:%Y-%m-%d}")
        body: Obj = {"apiVersion": INVOICES.api_version, "kind": "Invoice", "metadata": {"name": number}}
        try:
            await client.create(INVOICES, body | {"spec": _spec_of(made)})
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            continue
        return made


async def correct(client: Client, number: str, reason: str, *, cancel: bool) -> Invoice | None:
    """Issue the correction of an invoice: to what is due by the present prices, or to nothing.

    Raises:
        CommandError: there is no such invoice.
    """
    wanted = next((d for d in await issued(client) if d.number == number and not d.corrects), None)
    if wanted is None:
        raise CommandError(f"there is no invoice {number}", "see what there is: kubectl get invoices")
    due = {} if cancel else billed([await draft(client, wanted.project, wanted.month)])

    def make(present: list[Invoice]) -> Invoice | None:
        sent = [d for d in present if number in (d.number, d.corrects)]
        change = difference(billed(sent), due)
        return correction(wanted, change, reason) if change else None

    return await issue(client, make)


def _of_spec(number: str, spec: Obj) -> Invoice:
    lines = [(line["key"], line["amount"]) for line in spec["lines"]]
    parts = {line["key"]: line["parts"] for line in spec["lines"] if line.get("parts")}
    more = {field: spec.get(field, "") for field in ("issued", "corrects", "reason")}
    return Invoice(number, spec["project"], spec["month"], spec["currency"], lines, spec["total"], parts=parts, **more)


def _spec_of(document: Invoice) -> Obj:
    spec: dict[str, Any] = {
        "project": document.project,
        "month": document.month,
        "currency": document.currency,
        "lines": [{"key": k, "amount": a, "parts": dict(document.parts.get(k) or {})} for k, a in document.lines],
        "total": document.total,
        "issued": document.issued,
    }
    return spec | ({"corrects": document.corrects, "reason": document.reason} if document.corrects else {})
