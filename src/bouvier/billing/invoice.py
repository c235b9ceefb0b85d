"""An invoice as CSV (FOCUS columns) and as PDF.

Source: FinOps Open Cost and Usage Specification 1.2, https://focus.finops.org.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import NamedTuple

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
    for key, amount in invoice.lines:
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
                "ChargeDescription": f"Processor time and memory of {key}",
                "InvoiceId": "" if invoice.number == DRAFT else invoice.number,
                "InvoiceIssuerName": ISSUER,
                "ProviderName": ISSUER,
                "PublisherName": ISSUER,
                "ServiceCategory": "Compute",
                "ServiceName": "Containers",
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
    title = "Draft invoice" if invoice.number == DRAFT else f"Invoice {invoice.number}"
    page.cell(0, 12, title, new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", "", 11)
    for line in (f"Project: {invoice.project}", f"Month: {invoice.month}", f"Issued: {invoice.issued or '-'}"):
        page.cell(0, 7, _latin(line), new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    with page.table(col_widths=(3, 1), text_align=("LEFT", "RIGHT")) as table:
        for row in [("Application", invoice.currency), *invoice.lines, ("Total", invoice.total)]:
            table.row([_latin(cell) for cell in row])
    return bytes(page.output())


def _latin(text: str) -> str:
    """Return text that the built-in fonts can show."""
    return text.encode("latin-1", "replace").decode("latin-1")
