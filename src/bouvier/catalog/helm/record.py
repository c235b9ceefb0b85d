"""What a release keeps of its package, in the form in which Helm keeps charts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


def chart_record(metadata: dict[str, Any], values: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the record of a package; subcharts are not in it, as with Helm: the manifest has what they became."""
    listed = [
        {"name": path, "data": base64.b64encode(content).decode()}
        for path, content in sorted(files.items())
        if not path.startswith("charts/") and path not in ("Chart.yaml", "values.yaml")
    ]
    return {
        "metadata": metadata,
        "lock": None,
        "templates": [one for one in listed if one["name"].startswith("templates/")],
        "values": values,
        "schema": None,
        "files": [one for one in listed if not one["name"].startswith("templates/")],
    }
