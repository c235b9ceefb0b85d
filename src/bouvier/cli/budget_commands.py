"""`bouvier cost budget`: amounts that something may cost, and warnings."""

from __future__ import annotations

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.client.rest import APPLY
from bouvier.kinds.billing_v1.budgets import PERIODS, scope_text
from bouvier.kinds.billing_v1.budgets import RESOURCE as BUDGETS
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, name_of


@click.group()
def budget() -> None:
    """Set, list and remove budgets; they warn by condition and event."""


@budget.command("set")
@click.argument("name")
@click.option("--amount", required=True, metavar="NUMBER", help="In the currency of the prices.")
@click.option("--period", type=click.Choice([p.lower() for p in PERIODS]), default="month", help="[default: month]")
@click.option("--namespace", "-n", default="", help="For what this namespace costs.")
@click.option("--label", "-l", default="", metavar="KEY=VALUE", help="For what everything with this label costs.")
@click.option("--cluster", is_flag=True, help="For what all hosts cost.")
@click.option("--threshold", "thresholds", multiple=True, type=int, metavar="PERCENT", help="Warn at [50, 80, 100].")
@data_dir_option
def set_budget(
    *,
    name: str,
    amount: str,
    period: str,
    namespace: str,
    label: str,
    cluster: bool,
    thresholds: tuple[int, ...],
    data_dir: str,
) -> None:
    """Make the budget NAME, or change it."""
    given = {"namespace": namespace, "label": label, "cluster": cluster}
    scope = {field: value for field, value in given.items() if value}
    spec: Obj = {"amount": amount, "period": period.capitalize(), "scope": scope}
    if thresholds:
        spec["thresholds"] = list(thresholds)

    async def work() -> None:
        async with api_of(data_dir) as client:
            body = {"apiVersion": BUDGETS.api_version, "kind": "Budget", "metadata": {"name": name}, "spec": spec}
            query = {"fieldManager": "bouvier-cost", "force": "true"}
            await client.request("PATCH", BUDGETS.path(name=name), query=query, body=body, content_type=APPLY)

    run_async(work())
    click.echo(f"budget/{name} set: {amount} a {period} for {scope_text({'spec': spec})}")


@budget.command("ls")
@output_option
@data_dir_option
def list_budgets(*, output: str, data_dir: str) -> None:
    """List budgets with what is spent and what is expected."""

    async def work() -> list[Obj]:
        async with api_of(data_dir) as client:
            return (await client.list_all(BUDGETS)).items

    found = [describe(each) for each in run_async(work())]
    if output != "table":
        write_data(found, output)
        return
    fields = ("name", "scope", "period", "amount", "spent", "forecast", "state")
    rows = [tuple(str(each[field]) for field in fields) for each in found]
    write_table([field.upper() for field in fields], rows, "no budgets; make one: bouvier cost budget set NAME …")


def describe(found: Obj) -> Obj:
    """Return what is worth knowing of a budget."""
    spec, status, condition = found["spec"], found.get("status") or {}, condition_of(found, "WithinBudget") or {}
    return {
        "name": name_of(found),
        "scope": scope_text(found),
        "period": spec["period"],
        "amount": spec["amount"],
        **{field: status.get(field, "") for field in ("currency", "from", "to", "spent", "forecast", "percent")},
        "passed": status.get("passed", []),
        "state": condition.get("reason", "New"),
        "message": condition.get("message", ""),
    }


@budget.command()
@click.argument("name")
@data_dir_option
def rm(*, name: str, data_dir: str) -> None:
    """Remove a budget."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            try:
                await client.delete(BUDGETS, name)
            except ApiError as error:
                if error.reason != "NotFound":
                    raise
                raise CommandError(f"there is no budget {name}", "see what there is: bouvier cost budget ls") from None

    run_async(work())
    click.echo(f"budget/{name} removed")
