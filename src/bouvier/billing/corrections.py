"""Corrections of final invoices: the difference between what was billed and what is due, as a document of its own. Pure.

An invoice never changes. A month that is rated anew (with other prices, or a ledger that learned something) and a month
that is cancelled both lead to a correction; invoice and corrections together say what is due, to the last unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bouvier.billing.invoice import DRAFT, Invoice

Charges = Mapping[tuple[str, str], Decimal]
"""Amounts by application and part."""


def billed(documents: Iterable[Invoice]) -> Charges:
    """Return what an invoice and its corrections come to."""
    found: dict[tuple[str, str], Decimal] = {}
    for document in documents:
        for key, part, amount in document.charges():
            found[key, part] = found.get((key, part), Decimal(0)) + Decimal(amount)
    return found


def difference(before: Charges, due: Charges) -> Charges:
    """Return what has to be added to `before` (below zero: credited) so that it is `due`."""
    keys = sorted({*before, *due})
    changes = {key: due.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in keys}
    return {key: amount for key, amount in changes.items() if amount}


def correction(original: Invoice, change: Charges, reason: str) -> Invoice:
    """Return the document of a difference, without a number yet."""
    parts: dict[str, dict[str, str]] = {}
    sums: dict[str, Decimal] = {}
    for (key, part), amount in change.items():
        parts.setdefault(key, {})[part] = str(amount)
        sums[key] = sums.get(key, Decimal(0)) + amount
    return Invoice(
        DRAFT,
        original.project,
        original.month,
        original.currency,
        [(key, str(amount)) for key, amount in sums.items()],
        str(sum(sums.values(), Decimal(0))),
        parts=parts,
        corrects=original.number,
        reason=reason,
    )
