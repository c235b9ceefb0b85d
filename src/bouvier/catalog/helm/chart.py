"""A chart in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Chart:
    """A chart with its subcharts."""

    metadata: dict[str, Any]
    """`Chart.yaml`."""
    values: dict[str, Any] = field(default_factory=dict)
    values_text: str = ""
    """`values.yaml` as written, with its comments."""
    schema: bytes = b""
    """`values.schema.json`, empty when there is none."""
    templates: dict[str, str] = field(default_factory=dict)
    """Text by path within the chart: `templates/web.yaml`."""
    crds: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """Everything else, by path."""
    subcharts: list[Chart] = field(default_factory=list)
    parent_path: str = ""
    """Path of the chart that this one is part of, with a slash at its end; empty at the root."""

    @property
    def name(self) -> str:
        """Return the chart's name; for an aliased subchart its alias."""
        return str(self.metadata.get("name", ""))

    @property
    def version(self) -> str:
        """Return the chart's version."""
        return str(self.metadata.get("version", ""))

    @property
    def path(self) -> str:
        """Return where the chart's templates are: `parent/charts/child`."""
        return self.parent_path + self.name

    @property
    def is_library(self) -> bool:
        """Tell whether the chart only defines templates for others."""
        return self.metadata.get("type") == "library"

    def with_parent(self, parent_path: str) -> Chart:
        """Return the chart, and its subcharts, as part of another."""
        placed = replace(self, parent_path=parent_path)
        placed.subcharts = [child.with_parent(f"{placed.path}/charts/") for child in self.subcharts]
        return placed

    def walk(self) -> Iterator[Chart]:
        """Yield the chart and every subchart below it."""
        yield self
        for child in self.subcharts:
            yield from child.walk()
