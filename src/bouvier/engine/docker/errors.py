"""Docker's answers as the engine's exceptions.

Docker distinguishes its refusals by HTTP status and, where that is too coarse, by text only.
"""

from __future__ import annotations

import re

from bouvier.engine.errors import Conflict, EngineError, ImageMissing, InvalidConfig, NotFound

_MISSING_IMAGE = re.compile(
    r"no such image|manifest unknown|pull access denied|manifest for .* not found|repository .* not found",
    re.IGNORECASE,
)
_BAD_CONFIG = re.compile(
    r"OCI runtime create failed|invalid|unknown|not found in \$PATH|no such file or directory|not permitted",
    re.IGNORECASE,
)


def translate(status: int, message: str) -> EngineError:
    """Return the exception for a refused call; `status` 0 stands for an error inside a progress stream."""
    text = message.strip()
    if _MISSING_IMAGE.search(text):
        return ImageMissing(text)
    if status == 404:
        return NotFound(text)
    if status == 409:
        return Conflict(text)
    if status == 400 or (status == 500 and _BAD_CONFIG.search(text)):
        return InvalidConfig(text)
    return EngineError(text)
