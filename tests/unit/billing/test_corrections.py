"""Corrections lead from what was billed to what is due."""

import csv
import io
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bouvier.billing.corrections import billed, correction, difference
from bouvier.billing.invoice import Invoice, as_csv, as_pdf

charges = st.dictionaries(
    st.tuples(st.sampled_from(["web", "db", "api"]), st.sampled_from(["compute", "storage", "traffic"])),
    st.decimals(0, 1000, places=6).filter(bool),
    max_size=6,
)
FIRST = Invoice("2026-000001", "team", "2026-01", "EUR", [("web", "2.000000")], "2.000000")


@given(st.lists(charges, max_size=5))
def test_invoice_and_corrections_come_to_what_is_due(steps: list) -> None:
    """After each correction all documents together say what is due, to the last unit, and each sums to its total."""
    documents = [FIRST]
    for number, due in enumerate(steps, 2):
        change = difference(billed(documents), due)
        if not change:
            continue
        made = correction(FIRST, change, "other prices")._replace(number=f"2026-{number:06d}")
        assert sum(Decimal(amount) for _, amount in made.lines) == Decimal(made.total)
        documents.append(made)
        assert {k: v for k, v in billed(documents).items() if v} == due
        assert not difference(billed(documents), due)


def test_a_credit_note_says_what_it_is() -> None:
    """Its title names the invoice, its rows are corrections in FOCUS' words, its amounts are below zero."""
    made = correction(FIRST, difference(billed([FIRST]), {}), "cancelled")._replace(number="2026-000002")
    [row] = csv.DictReader(io.StringIO(as_csv(made)))
    assert made.title == "Credit note 2026-000002 for invoice 2026-000001"
    assert (row["ChargeClass"], row["BilledCost"], row["InvoiceId"]) == ("Correction", "-2.000000", "2026-000002")
    assert as_pdf(made).startswith(b"%PDF")
