"""Loading images into an engine, only those that it does not have in this very form."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from bouvier.cli.images.archive import RECIPE_LABEL, Image
from bouvier.util.unix_http import request

LOAD_TIMEOUT_SECONDS = 60.0
"""Unpacking 2 MB takes a fraction of a second; a busy disk may take longer."""


class LoadError(Exception):
    """The engine refused an image; the text is its own."""


def has_image(engine: Path, image: Image) -> bool:
    """Tell whether the engine has the image in this very form.

    Raises:
        OSError: the engine does not answer.
    """
    answer = request(engine, "GET", f"/images/{quote(image.name)}/json", timeout_seconds=LOAD_TIMEOUT_SECONDS)
    if answer.status != 200:
        return False
    labels = (json.loads(answer.body).get("Config") or {}).get("Labels") or {}
    return labels.get(RECIPE_LABEL) == image.recipe


def has_named(engine: Path, name: str) -> bool:
    """Tell whether the engine has an image of that name, in whatever form.

    Raises:
        OSError: the engine does not answer.
    """
    answer = request(engine, "GET", f"/images/{quote(name)}/json", timeout_seconds=LOAD_TIMEOUT_SECONDS)
    return answer.status == 200


def load_image(engine: Path, image: Image) -> bool:
    """Bring the image into the engine; return whether it was missing.

    Raises:
        LoadError: the engine refused it.
        OSError: the engine does not answer.
    """
    if has_image(engine, image):
        return False
    answer = request(
        engine,
        "POST",
        "/images/load?quiet=1",
        body=image.archive,
        content_type="application/x-tar",
        timeout_seconds=LOAD_TIMEOUT_SECONDS,
    )
    complaint = _complaint(answer.body)
    if answer.status != 200 or complaint:
        raise LoadError(f"{image.name}: {complaint or answer.body.decode(errors='replace').strip()}")
    return True


def _complaint(body: bytes) -> str:
    """Return the error within the engine's stream of JSON lines."""
    for line in body.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("error"):
            return str(message["error"])
    return ""
