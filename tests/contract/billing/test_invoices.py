"""Invoices on a real API server: final once, corrected by documents of their own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bouvier.billing.ledger import Ledger, PodUsage, Window
from bouvier.cli import invoicing
from bouvier.cli.errors import CommandError
from bouvier.client import Client, Endpoint
from bouvier.daemons import costs
from bouvier.kinds.billing_v1.invoices import RESOURCE
from bouvier.kinds.billing_v1.pricelists import RESOURCE as PRICELISTS
from bouvier.meta.errors import ApiError
from tests.support.apiserver import running_api

MONTH = "2026-01"


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Client]:
    """An administrator; in January `team` used a processor for an hour."""
    ledger = Ledger(tmp_path / "ledger.db")
    pod = PodUsage("local", "team", "p", "p", "h", {"app": "web"}, 3600, 1000, 0, 0, 0)
    ledger.record(Window(int(datetime(2026, 1, 10, tzinfo=UTC).timestamp()), 30, [pod]))
    ledger.close()
    async with running_api(tmp_path) as api:
        api.server.add_path(costs.PATH, costs.CostPaths(api.server.context, tmp_path / "ledger.db").report)
        made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        await set_price(made, "1")
        yield made
        await made.close()


async def set_price(admin: Client, cpu: str) -> None:
    prices = [{"from": "2025-01-01", "cpuHour": cpu, "memoryGiBHour": "0"}]
    body = {"apiVersion": PRICELISTS.api_version, "kind": "PriceList", "metadata": {"name": "default"}}
    body["spec"] = {"currency": "EUR", "prices": prices}
    query = {"fieldManager": "t", "force": "true"}
    path = PRICELISTS.path(name="default")
    await admin.request("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")


async def final(admin: Client) -> str:
    draft = await invoicing.draft(admin, "team", MONTH)
    await invoicing.issue(admin, lambda present: None if invoicing.original(present, "team", MONTH) else draft)
    found = await invoicing.invoice_of(admin, "team", MONTH)
    assert found is not None
    return found.number


async def test_two_issuers_make_one_invoice(admin: Client) -> None:
    """A month gets one final invoice, whoever asks at the same moment, and nobody changes it."""
    numbers = await asyncio.gather(*(final(admin) for _ in range(5)))
    assert len(set(numbers)) == 1
    assert len((await admin.list(RESOURCE)).items) == 1
    with pytest.raises(ApiError, match="a final invoice cannot be changed"):
        await admin.patch(RESOURCE, numbers[0], {"spec": {"total": "0"}})


async def test_other_prices_lead_to_one_correction(admin: Client) -> None:
    """Rated anew the difference is billed once; cancelled all of it is credited; then nothing is left to correct."""
    number = await final(admin)
    assert await invoicing.correct(admin, number, "nothing changed", cancel=False) is None
    await set_price(admin, "0.75")

    made = await asyncio.gather(*(invoicing.correct(admin, number, "cheaper", cancel=False) for _ in range(3)))
    [credit] = [each for each in made if each is not None]
    assert (credit.total, credit.title.split()[0], credit.corrects) == ("-0.250000", "Credit", number)
    cancelled = await invoicing.correct(admin, number, "by mistake", cancel=True)
    assert cancelled is not None
    assert cancelled.total == "-0.750000"
    assert sum(Decimal(each.total) for each in await invoicing.issued(admin)) == 0
    assert await invoicing.correct(admin, number, "again", cancel=True) is None
    with pytest.raises(CommandError, match="there is no invoice 2026-999999"):
        await invoicing.correct(admin, "2026-999999", "x", cancel=True)
