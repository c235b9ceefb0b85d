"""The requests of `api`, the objects in an etcd: the same loads by the same client against the same floor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench import api
from bench.options import Options
from bench.table import Figure


def run(options: Options) -> Iterator[Figure]:
    yield from api.run(replace(options, store="etcd"))
