"""Values of expressions as JSON."""

from __future__ import annotations

import base64
import math
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.library.times import duration_text, timestamp_text
from bouvier.meta.cel.values import Duration, Optional, Steps, Timestamp, from_key, kind_of

MOST_PARTS = 1_000_000
"""Parts of a value that becomes JSON: more than any object has."""


def to_json(value: Any, steps: Steps | None = None) -> Any:
    """Return a value as JSON has it.

    Raises:
        EvaluationError: the value is of a type that JSON has no form for.

    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Timestamp):
        return timestamp_text(value)
    if isinstance(value, Duration):
        return duration_text(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    steps = steps or Steps(MOST_PARTS)
    steps.take()
    if isinstance(value, list):
        return [to_json(inner, steps) for inner in value]
    if isinstance(value, dict):
        return {_key(key): to_json(inner, steps) for key, inner in value.items()}
    if isinstance(value, Optional):
        return to_json(value.value, steps)
    raise EvaluationError(f"cannot convert {kind_of(value)} to JSON")


def _key(key: Any) -> str:
    plain = from_key(key)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return str(plain)
