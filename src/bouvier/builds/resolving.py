"""What a name such as `shop:latest` means now. Pure."""

from __future__ import annotations

from typing import Any

from bouvier.kinds.image_v1.imagestreams import newest
from bouvier.meta.objects import Obj


def image_of(stream: Obj | None, name: str) -> dict[str, Any] | None:
    """Return the newest image of `STREAM:TAG`, None while it has none."""
    return newest(stream, name.partition(":")[2] or "latest") if stream is not None else None
