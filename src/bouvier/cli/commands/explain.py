"""`bouvier explain`: the whole story of one pod: where it is and why, what its containers do, what happened."""

from __future__ import annotations

from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import output_option, platform_options
from bouvier.cli.output import write_data, write_table
from bouvier.cli.placement import hosts_of
from bouvier.cli.reasons import reason_of
from bouvier.cli.targets import find, pods_of
from bouvier.client import Client
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import EVENTS


@click.command()
@click.argument("name")
@platform_options
@output_option
def command(*, data_dir: str, namespace: str, name: str, output: str) -> None:
    """Explain pod/NAME, or every pod of the workload NAME."""

    async def work() -> list[dict[str, Any]]:
        async with api_of(data_dir) as client:
            pods = await pods_of(client, await find(client, namespace, name))
            return [await story_of(client, pod) for pod in pods]

    stories: list[dict[str, Any]] = run_async(work())
    if output != "table":
        write_data(stories[0] if len(stories) == 1 else stories, output)
        return
    for story in stories:
        _write(story)


async def story_of(client: Client, pod: Obj) -> dict[str, Any]:
    """Return what is known of the pod, with its events, oldest first."""
    selector = f"involvedObject.kind=Pod,involvedObject.name={name_of(pod)}"
    events = (await client.list(EVENTS, pod["metadata"]["namespace"], field_selector=selector)).items
    reason = reason_of(pod)
    return {
        "pod": name_of(pod),
        "host": pod["spec"].get("nodeName", ""),
        "what": reason.what if reason else "ready",
        "advice": reason.advice if reason else "",
        "hosts": await hosts_of(client, pod),
        "conditions": [
            {key: c.get(key, "") for key in ("type", "status", "reason", "message")}
            for c in pod.get("status", {}).get("conditions") or ()
        ],
        "containers": [_container(c) for c in pod.get("status", {}).get("containerStatuses") or ()],
        "events": [_event(event) for event in sorted(events, key=_time_of)],
    }


def _container(status: dict[str, Any]) -> dict[str, Any]:
    state, details = next(iter((status.get("state") or {"unknown": {}}).items()))
    words = [
        state,
        *(str(details[key]) for key in ("reason", "exitCode", "message") if details.get(key) not in (None, "")),
    ]
    return {"name": status["name"], "state": ": ".join(words), "restarts": status.get("restartCount", 0)}


def _time_of(event: Obj) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _event(event: Obj) -> dict[str, Any]:
    return {
        "time": _time_of(event),
        "type": event.get("type", ""),
        "reason": event.get("reason", ""),
        "message": event.get("message", ""),
        "count": event.get("count") or 1,
    }


def _write(story: dict[str, Any]) -> None:
    place = f" on {story['host']}" if story["host"] else ""
    click.echo(f"{story['pod']}{place}: {story['what']}")
    if story["advice"]:
        click.echo(f"  {story['advice']}")
    for container in story["containers"]:
        click.echo(f"  container {container['name']}: {container['state']}, restarted {container['restarts']} times")
    for condition in story["conditions"]:
        if condition["status"] != "True" and condition["message"]:
            click.echo(f"  not {condition['type']}: {condition['message']}")
    for host in story["hosts"]:
        click.echo(f"  host {host['host']}: {'fits' if host['fits'] else host['why'] + ': ' + host['help']}")
    click.echo()
    rows = [
        (e["time"], e["type"], e["reason"], f"{e['message']}" + (f" (×{e['count']})" if e["count"] > 1 else ""))
        for e in story["events"]
    ]
    write_table(("WHEN", "TYPE", "REASON", "MESSAGE"), rows, empty="no events are kept of it")
