"""Signing in to the console: a one-time code, changed into a session cookie.

A code is good once and for ten minutes, and is kept in memory only: after a restart a new link is asked for.
The cookie is HttpOnly and SameSite=Strict; writes with it also need a header that other sites cannot set.
"""

from __future__ import annotations

import secrets
import time
from http.cookies import CookieError, SimpleCookie

from bouvier.apiserver.authn.signing import SESSION_AUDIENCE, Signer
from bouvier.apiserver.request import Request, User
from bouvier.meta.errors import ApiError

CODE_SECONDS = 600
SESSION_SECONDS = 12 * 3600
COOKIE = "bouvier_session"
HEADER = "X-Bouvier-Console"


class Sessions:
    """Hands out one-time codes and knows the sessions made of them."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._codes: dict[str, tuple[float, User]] = {}

    def new_code(self, user: User) -> str:
        """Return a fresh one-time code that signs in as `user`."""
        now = time.monotonic()
        self._codes = {code: entry for code, entry in self._codes.items() if entry[0] > now}
        code = secrets.token_urlsafe(24)
        self._codes[code] = (now + CODE_SECONDS, user)
        return code

    def redeem(self, code: str) -> tuple[User, str]:
        """Return the user and the cookie for a code, which is then used up.

        Raises:
            ApiError: Unauthorized for an unknown, used or old code.

        """
        expires, user = self._codes.pop(code, (0.0, None))
        if user is None or time.monotonic() > expires:
            raise ApiError(
                "Unauthorized", "this sign-in link was used already or is too old: get a new one with `bouvier status`"
            )
        token = self._signer.sign({"sub": user.name, "groups": list(user.groups)}, SESSION_SECONDS, [SESSION_AUDIENCE])
        return user, f"{COOKIE}={token}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; Secure; SameSite=Strict"

    def find(self, request: Request) -> User | None:
        """Return the user of the request's session cookie, if it has a good one.

        Raises:
            ApiError: Forbidden when a write lacks the console's own header.

        """
        text = request.headers.get("Cookie")
        if not text or COOKIE not in text:
            return None
        try:
            cookie = SimpleCookie(text).get(COOKIE)
        except CookieError:
            return None
        claims = self._signer.verify(cookie.value, SESSION_AUDIENCE) if cookie else None
        if claims is None:
            return None
        is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if is_socket and not _same_origin(request):
            raise ApiError("Forbidden", "websockets with a session cookie must come from the console's own address")
        if request.method not in ("GET", "HEAD") and not request.headers.get(HEADER):
            raise ApiError(
                "Forbidden", f"requests that change something with a session cookie need the header {HEADER}"
            )
        return User(claims["sub"], tuple(claims.get("groups") or ()))


def _same_origin(request: Request) -> bool:
    origin = request.headers.get("Origin", "")
    return origin.partition("://")[2] == request.headers.get("Host", "")


SIGN_OUT_COOKIE = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
