"""Budgets on a real API server, with a ledger that somebody wrote."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bouvier.billing.budgets import BudgetController
from bouvier.billing.ledger import HostCapacity, Ledger, PodUsage, Window
from bouvier.client import Client, Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.controllers.runtime.manager import Manager
from bouvier.daemons import costs
from bouvier.kinds.billing_v1.budgets import RESOURCE
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import condition_of
from bouvier.meta.resources import EVENTS
from tests.support.apiserver import running_api

GIB = 1024**3


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Client]:
    """An administrator of a platform on which `default` used a processor for an hour until now."""
    ledger = Ledger(tmp_path / "ledger.db")
    start = int(time.time()) - 2
    pod = PodUsage("local", "default", "p", "p", "h", {"team": "a"}, 3600, 1000, 0, 0, 0)
    ledger.record(Window(start, 30, [pod], [HostCapacity("local", "h", 3600, 4000, GIB)]))
    async with running_api(tmp_path) as api:
        api.server.add_path(costs.PATH, costs.CostPaths(api.server.context, tmp_path / "ledger.db").report)
        own = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("controllers")))
        informers = InformerSet(own)
        manager = Manager(informers, [BudgetController(own, Recorder(own, "test"))])
        tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
        made = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        yield made
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await made.close()
        await own.close()
    ledger.close()


async def made(admin: Client, name: str, amount: str, **scope: object) -> dict:
    """Make a budget and return it once it was looked at."""
    spec = {"amount": amount, "scope": scope}
    body = {"apiVersion": RESOURCE.api_version, "kind": "Budget", "metadata": {"name": name}, "spec": spec}
    await admin.create(RESOURCE, body)
    return await until(admin, name, lambda budget: condition_of(budget, "WithinBudget"))


async def until(admin: Client, name: str, condition: Callable) -> dict:
    async with asyncio.timeout(60):
        while not condition(budget := await admin.get(RESOURCE, name)):
            await asyncio.sleep(0.02)
    return budget


async def test_a_budget_warns_when_it_is_passed(admin: Client) -> None:
    """0.03 EUR of 0.05 are more than half: condition and event say so; what nobody uses counts for the cluster alone."""
    budget = await made(admin, "team", "0.05", namespace="default")
    assert (budget["status"]["spent"], budget["status"]["percent"], budget["status"]["passed"]) == (
        "0.030000",
        60,
        [50],
    )
    condition = condition_of(budget, "WithinBudget")
    assert (condition["status"], condition["reason"]) == ("False", "ThresholdPassed")
    assert "0.030000 of 0.05 EUR are spent (60 %)" in condition["message"]
    async with asyncio.timeout(60):
        while len([e for e in (await admin.list(EVENTS)).items if e["reason"] == "ThresholdPassed"]) < 2:
            await asyncio.sleep(0.02)

    assert (await made(admin, "label", "1", label="team=a"))["status"]["spent"] == "0.030000"
    assert (await made(admin, "other", "1", label="team=b"))["status"]["spent"] == "0.000000"
    assert (await made(admin, "all", "1", cluster=True))["status"]["spent"] == "0.124000"


async def test_budgets_without_a_ledger_or_with_other_actions_say_so(admin: Client) -> None:
    """What a budget cannot do yet is refused by name."""
    spec = {"amount": "1", "scope": {"cluster": True}, "action": "Suspend"}
    body = {"apiVersion": RESOURCE.api_version, "kind": "Budget", "metadata": {"name": "b"}, "spec": spec}
    with pytest.raises(ApiError, match="is not there yet: a budget can Warn"):
        await admin.create(RESOURCE, body)
