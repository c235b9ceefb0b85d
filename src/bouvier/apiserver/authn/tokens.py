"""Bearer tokens of the platform's own processes: drawn at first start, one file each, compared by hash."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from bouvier.apiserver.request import User
from bouvier.util.pki import write_private

TOKEN_BYTES = 32
"""256 bits: not to be guessed, so a plain fast hash is enough."""

AUTHENTICATED = "system:authenticated"


class ComponentTokens:
    """Knows the tokens of the platform's processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._users: dict[bytes, User] = {}

    def ensure(self, component: str, user: str, groups: tuple[str, ...] = ()) -> Path:
        """Make sure that `component` has a token file for this user, and return its path."""
        path = self._folder / f"{component}.token"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(TOKEN_BYTES).encode())
        token = path.read_text().strip()
        self._users[_digest(token)] = User(user, (*groups, AUTHENTICATED))
        return path

    def find(self, token: str) -> User | None:
        """Return whose token this is, if it is one of ours."""
        return self._users.get(_digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
