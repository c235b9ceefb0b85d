"""`POST /bouvier/v1/invoice`: an invoice as a file, PDF or CSV, for the console's download.

The body is what the file says, as `bouvier cost invoice` gathers it: `number` (empty for a draft), `project`, `month`,
`currency`, `lines` (key, amount, parts), `total`, `issued`; the parameter `form` is pdf or csv. Nothing is read or kept here: what
may be seen of costs was decided when the caller read it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.meta.errors import ApiError, bad_request

PATH = "/bouvier/v1/invoice"
LONGEST_BODY = 1024 * 1024


async def invoice_file(request: Request) -> Answer:
    """Answer with the file."""
    if request.user is ANONYMOUS:
        raise unauthorized()
    if request.method != "POST":
        raise ApiError("MethodNotAllowed", "send the invoice with POST")
    form = request.query.get("form", "pdf")
    if form not in ("pdf", "csv"):
        raise bad_request(f"form: {form!r} is not pdf or csv")
    body = await request.read()
    if len(body) > LONGEST_BODY:
        raise ApiError("RequestEntityTooLarge", f"at most {LONGEST_BODY // 1024} KiB")
    try:
        content = await asyncio.to_thread(_rendered, json.loads(body), form)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise bad_request(f"this is no invoice: {error}") from error
    return Response(200, content, "application/pdf" if form == "pdf" else "text/csv; charset=utf-8")


def _rendered(given: dict[str, Any], form: str) -> bytes:
    from bouvier.billing.invoice import DRAFT, Invoice, as_csv, as_pdf  # noqa: PLC0415 - the PDF writer is large

    lines = [(str(line["key"]), str(line["amount"])) for line in given["lines"]]
    parts = {str(line["key"]): dict(line["parts"]) for line in given["lines"] if line.get("parts")}
    invoice = Invoice(
        number=str(given.get("number") or DRAFT),
        project=str(given["project"]),
        month=str(given["month"]),
        currency=str(given["currency"]),
        lines=lines,
        total=str(given["total"]),
        issued=str(given.get("issued") or ""),
        parts=parts,
    )
    return as_pdf(invoice) if form == "pdf" else as_csv(invoice).encode()
