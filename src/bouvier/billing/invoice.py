"""An invoice as CSV (FOCUS columns) and as PDF.

Source: FinOps Open Cost and Usage Specification 1.2, https://focus.finops.org.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from bouvier.billing.allocation import COMPUTE, STORAGE, TRAFFIC
from bouvier.kinds.billing_v1.prices import month as month_of

DRAFT = "DRAFT"
ISSUER = "Bouvier"


class Invoice(NamedTuple):
    """What is billed."""

    number: str
    """Its number, or `DRAFT`."""
    project: str
    month: str
    currency: str
    lines: list[tuple[str, str]]
    """Application and amount."""
    total: str
    issued: str = ""
    parts: Mapping[str, Mapping[str, str]] = {}
    """What the amounts of an application are for, by application; they add up to its amount."""
    corrects: str = ""
    """Number of the invoice that this one corrects; amounts are then differences, below zero for a credit."""
    reason: str = ""

    @property
    def title(self) -> str:
        """Return what kind of document it is, with its number."""
        if self.number == DRAFT:
            return "Draft invoice"
        if not self.corrects:
            return f"Invoice {self.number}"
        kind = "Credit note" if Decimal(self.total) < 0 else "Correction"
        return f"{kind} {self.number} for invoice {self.corrects}"

    def charges(self) -> list[tuple[str, str, str]]:
        """Return application, part and amount of everything that is billed."""
        return [
            (key, part, cost)
            for key, amount in self.lines
            for part, cost in (self.parts.get(key) or {COMPUTE: amount}).items()
        ]


SERVICES = {
    COMPUTE: ("Compute", "Containers", "Processor time and memory of"),
    STORAGE: ("Storage", "Volumes", "Volumes of"),
    TRAFFIC: ("Networking", "Balancer", "Bytes through the balancer for"),
}
"""FOCUS category, service name and description of each part."""
COLUMNS = [
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ResourceId",
    "SubAccountId",
    "SubAccountName",
]


def as_csv(invoice: Invoice) -> str:
    """Return one row a line, with the columns of FOCUS."""
    begin, end = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in month_of(invoice.month))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for key, part, amount in invoice.charges():
        category, service, description = SERVICES[part]
        costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), amount)
        periods = {
            "BillingPeriodStart": begin,
            "BillingPeriodEnd": end,
            "ChargePeriodStart": begin,
            "ChargePeriodEnd": end,
        }
        writer.writerow(
            costs
            | periods
            | {
                "BillingAccountId": invoice.project,
                "BillingAccountName": invoice.project,
                "BillingCurrency": invoice.currency,
                "ChargeCategory": "Usage",
                "ChargeClass": "Correction" if invoice.corrects else "",
                "ChargeDescription": f"{description} {key}",
                "InvoiceId": "" if invoice.number == DRAFT else invoice.number,
                "InvoiceIssuerName": ISSUER,
                "ProviderName": ISSUER,
                "PublisherName": ISSUER,
                "ServiceCategory": category,
                "ServiceName": service,
                "ResourceId": key,
                "SubAccountId": invoice.project,
                "SubAccountName": invoice.project,
            }
        )
    return out.getvalue()


def as_pdf(invoice: Invoice) -> bytes:
    """Return a page with the lines and the total."""
    from fpdf import FPDF  # noqa: PLC0415 (30 MB that only this needs)

    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", "B", 18)
    page.cell(0, 12, invoice.title, new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", "", 11)
    head = [f"Project: {invoice.project}", f"Month: {invoice.month}", f"Issued: {invoice.issued or '-'}"]
    for line in head + ([f"Reason: {invoice.reason}"] if invoice.reason else []):
        page.cell(0, 7, _latin(line), new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    with page.table(col_widths=(3, 1), text_align=("LEFT", "RIGHT")) as table:
        for row in [("Application", invoice.currency), *_rows(invoice), ("Total", invoice.total)]:
            table.row([_latin(cell) for cell in row])
    return bytes(page.output())


def _rows(invoice: Invoice) -> list[tuple[str, str]]:
    """Return a row for each charge; what is not for containers says what it is for."""
    return [
        (key if part == COMPUTE else f"{key}: {SERVICES[part][1].lower()}", amount)
        for key, part, amount in invoice.charges()
    ]


def _latin(text: str) -> str:
    """Return text that the built-in fonts can show."""
    return text.encode("latin-1", "replace").decode("latin-1")
