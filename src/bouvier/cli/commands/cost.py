"""`bouvier cost`: prices, reports and invoices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from bouvier.billing.allocation import PARTS
from bouvier.billing.invoice import DRAFT, Invoice, as_csv, as_pdf
from bouvier.cli.budget_commands import budget
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.client import Client
from bouvier.kinds.billing_v1.invoices import RESOURCE as INVOICES
from bouvier.kinds.billing_v1.pricelists import RESOURCE as PRICELISTS
from bouvier.kinds.billing_v1.prices import month as month_of
from bouvier.kinds.billing_v1.prices import parse
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of

REPORTS = "/apis/billing.bouvier.io/v1/reports"
UNNAMED = "(none)"
OTHERS = "other pods"


@click.group()
def command() -> None:
    """See and bill what workloads cost."""


command.add_command(budget)


@command.group()
def price() -> None:
    """Show or set the prices."""


@price.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_dir_option
def set_prices(*, file: Path, data_dir: str) -> None:
    """Set the prices from FILE (YAML: currency, and prices with from, cpuHour, memoryGiBHour, storageGiBHour, trafficGiB)."""
    try:
        document = yaml.safe_load(file.read_text())
        spec: Obj = document["spec"] if isinstance(document, dict) and "spec" in document else document
        spec["prices"] = [{k: str(v) for k, v in entry.items()} for entry in spec.get("prices") or []]
        lists = parse(spec)
    except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
        raise CommandError(f"{file}: {error}", "see the example in docs/costs.md") from None

    async def work() -> None:
        async with api_of(data_dir) as client:
            body: Obj = {
                "apiVersion": PRICELISTS.api_version,
                "kind": "PriceList",
                "metadata": {"name": "default"},
                "spec": spec,
            }
            path = PRICELISTS.path(name="default")
            query = {"fieldManager": "bouvier-cost", "force": "true"}
            await client.request("PATCH", path, query=query, body=body, content_type="application/apply-patch+yaml")

    run_async(work())
    click.echo(f"prices set: {len(lists)} from {lists[0].begin} on, in {lists[0].currency}")


@command.command()
@click.option("--by", default="namespace", help="namespace, app, host, cluster or label:KEY.")
@click.option("--month", default="", help="A month such as 2026-11; without it the last 30 days.")
@click.option("--namespace", "-n", default="", help="Only this namespace.")
@click.option("--label", "-l", default="", metavar="KEY=VALUE", help="Only what has this label.")
@click.option("--share-idle", is_flag=True, help="Share what nobody used among the lines, by use.")
@output_option
@data_dir_option
def report(*, by: str, month: str, namespace: str, label: str, share_idle: bool, output: str, data_dir: str) -> None:
    """Show what was used at which cost; the lines sum to the total."""
    query = {"by": by, "namespace": namespace, "label": label, "idle": "share" if share_idle else "separate"}

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await _report(client, query, month)

    found = run_async(work())
    if output != "table":
        write_data(found, output)
        return
    rows = [[line["key"], *(line["parts"].get(part, "") for part in PARTS), line["amount"]] for line in found["lines"]]
    blank = [""] * len(PARTS)
    write_table([by.upper(), *map(str.upper, PARTS), found["currency"]], [*rows, ["total", *blank, found["total"]]])


async def _report(client: Client, query: dict[str, str], month: str) -> Obj:
    times = {}
    if month:
        try:
            begin, end = month_of(month)
        except ValueError as error:
            raise CommandError(str(error)) from None
        times = {"from": str(begin), "to": str(end)}
    found: Obj = await client.request("GET", REPORTS, query={k: v for k, v in (query | times).items() if v})
    return found


@command.command()
@click.option("--project", required=True, help="The namespace to bill.")
@click.option("--month", required=True, help="The month to bill, such as 2026-11.")
@click.option("--output", "file", required=True, type=click.Path(path_type=Path), help="FILE.pdf or FILE.csv.")
@click.option("--final", is_flag=True, help="Give it a number and keep it for ever.")
@data_dir_option
def invoice(*, project: str, month: str, file: Path, final: bool, data_dir: str) -> None:
    """Write an invoice for a project and month: a draft, or final with a number."""
    if file.suffix not in (".pdf", ".csv"):
        raise CommandError(f"--output {file}: the name must end in .pdf or .csv", exit_code=2)
    run_async(_invoice(project, month, file, data_dir, final=final))


async def _invoice(project: str, month: str, file: Path, data_dir: str, *, final: bool) -> None:
    async with api_of(data_dir) as client:
        issued = await _issued(client, project, month)
        if issued is None:
            issued = await _draft(client, project, month)
            if final:
                _check_over(month)
                issued = await _issue(client, issued)
    content = as_pdf(issued) if file.suffix == ".pdf" else as_csv(issued).encode()
    await asyncio.to_thread(file.write_bytes, content)
    what = "draft" if issued.number == DRAFT else f"invoice {issued.number}"
    click.echo(f"{what} for {project}, {month}: {issued.total} {issued.currency} → {file}")


def _check_over(month: str) -> None:
    if month_of(month)[1] > datetime.now(UTC).timestamp():
        raise CommandError(
            f"{month} is not over yet",
            "a final invoice can be made when its month has ended; leave out --final for a draft",
        )


async def _issued(client: Client, project: str, month: str) -> Invoice | None:
    for found in (await client.list(INVOICES)).items:
        spec = found["spec"]
        if (spec["project"], spec["month"]) == (project, month):
            return _of_spec(name_of(found), spec)
    return None


def _of_spec(number: str, spec: Obj) -> Invoice:
    lines = [(line["key"], line["amount"]) for line in spec["lines"]]
    parts = {line["key"]: line["parts"] for line in spec["lines"] if line.get("parts")}
    issued = spec.get("issued", "")
    return Invoice(number, spec["project"], spec["month"], spec["currency"], lines, spec["total"], issued, parts)


async def _draft(client: Client, project: str, month: str) -> Invoice:
    found = await _report(client, {"by": "app", "namespace": project}, month)
    named = [line | {"key": OTHERS if line["key"] == UNNAMED else line["key"]} for line in found["lines"]]
    lines = [(line["key"], line["amount"]) for line in named]
    parts = {line["key"]: line["parts"] for line in named}
    return Invoice(DRAFT, project, month, found["currency"], lines, found["total"], "", parts)


async def _issue(client: Client, draft: Invoice) -> Invoice:
    """Store the invoice under the next free number of the year; two issuers never get the same."""
    today = datetime.now(UTC)
    spec: dict[str, Any] = {
        "project": draft.project,
        "month": draft.month,
        "currency": draft.currency,
        "lines": [{"key": k, "amount": amount, "parts": dict(draft.parts.get(k) or {})} for k, amount in draft.lines],
        "total": draft.total,
        "issued": today.strftime("%Y-%m-%d"),
    }
    taken = [
        name_of(found) for found in (await client.list(INVOICES)).items if name_of(found).startswith(f"{today:%Y}-")
    ]
    number = max((int(name.partition("-")[2]) for name in taken), default=0) + 1
    while True:
        name = f"{today:%Y}-{number:06d}"
        body: Obj = {"apiVersion": INVOICES.api_version, "kind": "Invoice", "metadata": {"name": name}, "spec": spec}
        try:
            await client.create(INVOICES, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            number += 1
            continue
        return _of_spec(name, spec)
