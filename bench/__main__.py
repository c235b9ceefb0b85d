"""`python -m bench [NAME…]`: run benchmarks and print their figures.

Each benchmark is a module of this package with a function `run(options)` that yields figures as they are measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.options import MissingError, Options
from bench.processes import load_average
from bench.table import Figure, heading, line, markdown, replace_section

BENCHES = {
    "start": "`bouvier up` until the platform is ready",
    "memory": "Memory of the platform's processes",
    "api": "Requests of the API server",
    "api-etcd": "Requests of the API server, its objects in an etcd",
    "watchers": "Watchers of one resource, and how far they are behind",
    "rules": "Validation rules of custom kinds",
    "pods": "From the create of a pod to Ready",
    "visible": "From a ready endpoint to being reachable",
    "balancer": "Requests through the balancer",
    "stacks": "A stack of twenty services",
    "clusters": "A Deployment of two replicas, natively and on a Swarm",
    "recovery": "From the death of a container to its replacement",
    "overlay": "Throughput between hosts, by overlay driver",
    "charts": "Charts rendered",
    "ledger": "Reports of a ledger of a million samples",
    "scheduling": "Pods placed by the scheduler",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--page", type=Path, help="put the figures into the sections of this page (docs/benchmarks.md)")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that everything works")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    results: dict[str, dict[str, Any]] = {}
    failed = False
    for name in chosen.names or BENCHES:
        try:
            figures = measure(name, Options(quick=chosen.quick))
        except MissingError as missing:
            print(f"left out: {missing}", file=sys.stderr)
            failed = True
            continue
        results[name] = {"at": _now(), "load": round(load_average(), 1), "figures": figures}
        if chosen.page:
            write_section(chosen.page, name, results[name])
    if chosen.json:
        chosen.json.write_text(json.dumps(document(results), indent=2) + "\n")
    return 1 if failed else 0


def measure(name: str, options: Options) -> list[Figure]:
    """Run one benchmark, printing its figures as they come."""
    print(f"\n{name}: {BENCHES[name]}\n{heading()}", flush=True)
    module = importlib.import_module(f"bench.{name.replace('-', '_')}")
    return list(printed(module.run(options)))


def printed(figures: Iterable[Figure]) -> Iterable[Figure]:
    for figure in figures:
        print(line(figure), flush=True)
        yield figure


def document(results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return all results with the machine they were taken on."""
    return {
        "machine": machine(),
        "benches": {
            name: result | {"figures": [figure.document() for figure in result["figures"]]}
            for name, result in results.items()
        },
    }


def machine() -> dict[str, Any]:
    """Return what class of machine this is; nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processors": os.cpu_count(),
        "memoryGB": round(memory / 1e9),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "python": platform.python_version(),
    }


def write_section(page: Path, name: str, result: dict[str, Any]) -> None:
    what = machine()
    text = (
        f"{result['at'][:10]}, {what['processors']} processors, {what['memoryGB']} GB, Linux {what['kernel']},"
        f" Python {what['python']}, load average {result['load']} at the end.\n\n{markdown(result['figures'])}"
    )
    page.write_text(replace_section(page.read_text(), name, text))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
