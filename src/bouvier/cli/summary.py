"""What a start prints: where everything is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def summary(status: Mapping[str, Any]) -> str:
    """Return the addresses of a running platform, one a line."""
    console = status["console"].get("signIn") or status["console"]["url"]
    rows = [
        ("API", status["api"]),
        ("kubeconfig", status["kubeconfig"]),
        ("console", console),
    ]
    if "balancer" in status:
        rows.append(("applications", status["balancer"]["http"]))
    lines = [f"  {name:<13} {value}" for name, value in rows]
    if status["console"].get("signIn"):
        lines.append("                (signs in once; a new link: bouvier status)")
    return "\n".join(["the platform is ready", *lines])
