"""`bouvier audit`: who did what, from the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.expiry import seconds_of
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import age_text, write_data, write_table
from bouvier.client import Client
from bouvier.kinds.audit_v1.auditevents import RESOURCE, outcome, what, who
from bouvier.meta.objects import Obj
from bouvier.util.clock import parse_time

PATH = f"/apis/{RESOURCE.api_version}/{RESOURCE.plural}"
PAGE_EVENTS = 500
REASON = "authorization.k8s.io/reason"


@click.command()
@click.option("--user", "-u", default="", metavar="NAME", help="Only what this user did, or was acted as.")
@click.option("--verb", default="", metavar="VERB", help="create, update, patch, delete, get …")
@click.option("--resource", default="", metavar="PLURAL", help="deployments, deployments.apps, pods/exec …")
@click.option("--namespace", "-n", default="", metavar="NAME", help="Only in this namespace.")
@click.option("--name", default="", metavar="NAME", help="Only about objects of this name.")
@click.option("--since", default="24h", metavar="TIME", help="How far back: 30m, 12h, 7d [24h].")
@click.option("--limit", type=click.IntRange(1), default=50, metavar="N", help="At most so many, the newest [50].")
@output_option
@data_dir_option
def command(*, since: str, limit: int, output: str, data_dir: str, **wanted: str) -> None:
    """Show who did what, the newest first.

    What is recorded is decided by the audit policy: see --audit-policy-file of `bouvier up`.
    """
    begin = datetime.now(UTC) - timedelta(seconds=seconds_of(since, "--since"))
    query = {name: value for name, value in wanted.items() if value} | {"from": begin.isoformat()}

    async def work() -> list[Obj]:
        async with api_of(data_dir) as client:
            return await read(client, query, limit)

    events = run_async(work())
    if output != "table":
        write_data({"apiVersion": RESOURCE.api_version, "kind": f"{RESOURCE.kind}List", "items": events}, output)
        return
    now = datetime.now(UTC)
    write_table(
        ("AGE", "USER", "VERB", "OBJECT", "NAMESPACE", "RESULT", "WHY"),
        [row_of(event, now) for event in events],
        empty=f"nothing was recorded in the last {since}",
    )


async def read(client: Client, query: dict[str, Any], limit: int) -> list[Obj]:
    """Return the newest events that a query chooses."""
    events: list[Obj] = []
    token = ""
    while True:
        page_size = str(min(PAGE_EVENTS, limit - len(events)))
        more = {"continue": token} if token else {}
        page = await client.request("GET", PATH, query=query | more | {"limit": page_size})
        events += page["items"]
        token = page["metadata"].get("continue", "")
        if not token or len(events) >= limit:
            return events


def row_of(event: Obj, now: datetime) -> tuple[str, ...]:
    """Return an event as a line of the table."""
    age = age_text((now - parse_time(event["stageTimestamp"])).total_seconds())
    namespace = (event.get("objectRef") or {}).get("namespace", "")
    why = (event.get("annotations") or {}).get(REASON, "").removeprefix("RBAC: ")
    return (age, who(event), event["verb"], what(event), namespace, result_of(event), why)


def result_of(event: Obj) -> str:
    """Return an outcome in a word: done, or why not."""
    code = outcome(event)
    if code < 400:
        return "done"
    return f"{(event.get('responseStatus') or {}).get('reason') or 'failed'} ({code})"
