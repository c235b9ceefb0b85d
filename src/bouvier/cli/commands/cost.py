"""`bouvier cost`: prices, reports and invoices."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click
import yaml

from bouvier.billing.allocation import PARTS
from bouvier.billing.invoice import DRAFT, Invoice, as_csv, as_pdf
from bouvier.cli import invoicing
from bouvier.cli.budget_commands import budget
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.kinds.billing_v1.pricelists import RESOURCE as PRICELISTS
from bouvier.kinds.billing_v1.prices import month as month_of
from bouvier.kinds.billing_v1.prices import parse
from bouvier.meta.objects import Obj


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
            return await invoicing.report(client, query, month)

    found = run_async(work())
    if output != "table":
        write_data(found, output)
        return
    rows = [[line["key"], *(line["parts"].get(part, "") for part in PARTS), line["amount"]] for line in found["lines"]]
    blank = [""] * len(PARTS)
    write_table([by.upper(), *map(str.upper, PARTS), found["currency"]], [*rows, ["total", *blank, found["total"]]])


@command.command()
@click.option("--project", required=True, help="The namespace to bill.")
@click.option("--month", required=True, help="The month to bill, such as 2026-11.")
@click.option("--output", "file", required=True, type=click.Path(path_type=Path), help="FILE.pdf or FILE.csv.")
@click.option("--final", is_flag=True, help="Give it a number and keep it for ever.")
@data_dir_option
def invoice(*, project: str, month: str, file: Path, final: bool, data_dir: str) -> None:
    """Write an invoice for a project and month: a draft, or final with a number."""
    _check_form(file)
    run_async(_invoice(project, month, file, data_dir, final=final))


async def _invoice(project: str, month: str, file: Path, data_dir: str, *, final: bool) -> None:
    async with api_of(data_dir) as client:
        found = await invoicing.invoice_of(client, project, month)
        if found is None:
            drafted = found = await invoicing.draft(client, project, month)
            if final:
                _check_over(month)
                found = await invoicing.issue(
                    client, lambda present: None if invoicing.original(present, project, month) else drafted
                ) or await invoicing.invoice_of(client, project, month)
    assert found is not None
    await _write(found, file)


async def _write(document: Invoice, file: Path) -> None:
    content = as_pdf(document) if file.suffix == ".pdf" else as_csv(document).encode()
    await asyncio.to_thread(file.write_bytes, content)
    what = "draft" if document.number == DRAFT else document.title[0].lower() + document.title[1:]
    click.echo(f"{what} for {document.project}, {document.month}: {document.total} {document.currency} → {file}")


def _check_over(month: str) -> None:
    if month_of(month)[1] > datetime.now(UTC).timestamp():
        raise CommandError(
            f"{month} is not over yet",
            "a final invoice can be made when its month has ended; leave out --final for a draft",
        )


def _check_form(file: Path) -> None:
    if file.suffix not in (".pdf", ".csv"):
        raise CommandError(f"--output {file}: the name must end in .pdf or .csv", exit_code=2)


@command.command()
@click.argument("number")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands on the document.")
@click.option("--cancel", is_flag=True, help="Credit all of it, instead of rating the month anew.")
@click.option("--output", "file", required=True, type=click.Path(path_type=Path), help="FILE.pdf or FILE.csv.")
@data_dir_option
def correct(*, number: str, reason: str, cancel: bool, file: Path, data_dir: str) -> None:
    """Correct invoice NUMBER by a document of its own: to what is due by today's prices, or to nothing."""
    _check_form(file)

    async def work() -> None:
        async with api_of(data_dir) as client:
            made = await invoicing.correct(client, number, reason, cancel=cancel)
        if made is None:
            click.echo(f"invoice {number} says what is due: there is nothing to correct")
        else:
            await _write(made, file)

    run_async(work())
