"""Invoices as files for the console."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.billing.allocation import PARTS
from bouvier.daemons.invoice_files import invoice_file
from bouvier.meta.errors import ApiError

INVOICE = {
    "project": "shop",
    "month": "2026-01",
    "currency": "EUR",
    "lines": [{"key": "web", "amount": "1.25", "parts": dict.fromkeys(PARTS, "0.25")}],
    "total": "1.25",
}


def request(body: Any, form: str = "pdf", user: User = User("somebody", ())) -> Request:  # noqa: B008 - a plain value
    async def read() -> bytes:
        return json.dumps(body).encode()

    given: Any = SimpleNamespace(user=user, method="POST", read=read, query={"form": form})
    return given


async def test_a_draft_as_pdf_and_as_csv() -> None:
    """Both files say what was given."""
    pdf: Any = await invoice_file(request(INVOICE))
    assert pdf.body.startswith(b"%PDF")
    csv: Any = await invoice_file(request(INVOICE | {"number": "2026-000001"}, "csv"))
    assert b"2026-000001" in csv.body
    assert csv.body.count(b",web,shop,shop\n") == len(PARTS)


@pytest.mark.parametrize(
    ("body", "form"), [(INVOICE, "odt"), ({}, "pdf"), ([], "csv"), ({**INVOICE, "lines": 3}, "csv")]
)
async def test_what_is_no_invoice_is_refused(body: Any, form: str) -> None:
    """With a sentence, not with a broken file."""
    with pytest.raises(ApiError) as caught:
        await invoice_file(request(body, form))
    assert caught.value.code == 400


async def test_strangers_are_refused() -> None:
    """Only who is signed in may ask."""
    with pytest.raises(ApiError, match="Unauthorized"):
        await invoice_file(request(INVOICE, user=ANONYMOUS))
