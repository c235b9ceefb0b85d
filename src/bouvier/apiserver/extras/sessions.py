"""`/bouvier/v1/session` and `/bouvier/v1/login-codes`: signing in to the console.

POST a code to `session` for a cookie, GET it to learn who is signed in, DELETE it to sign out. An
administrator POSTs to `login-codes` for a fresh one-time code.
"""

from __future__ import annotations

import orjson

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authn.sessions import SIGN_OUT_COOKIE
from bouvier.apiserver.authz.rules import MASTERS
from bouvier.apiserver.context import Context
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.meta.errors import ApiError, bad_request

SESSION_PATH = "/bouvier/v1/session"
CODES_PATH = "/bouvier/v1/login-codes"


class SessionPaths:
    """Answers the two paths."""

    def __init__(self, context: Context) -> None:
        self._sessions = context.sessions

    async def session(self, request: Request) -> Answer:
        """Sign in, tell who is signed in, or sign out."""
        if request.method == "POST":
            return await self._sign_in(request)
        if request.method == "DELETE":
            return Response(200, b"{}", headers={"Set-Cookie": SIGN_OUT_COOKIE})
        if request.method != "GET":
            raise ApiError("MethodNotAllowed", "use GET, POST or DELETE")
        if request.user is ANONYMOUS:
            raise unauthorized()
        return Response(200, codec.dumps({"user": request.user.name, "groups": list(request.user.groups)}))

    async def _sign_in(self, request: Request) -> Answer:
        try:
            code = orjson.loads(await request.read())["code"]
        except (ValueError, KeyError, TypeError) as error:
            raise bad_request('code: Required value: send {"code": "…"} with the code of the sign-in link') from error
        user, cookie = self._sessions.redeem(str(code))
        body = codec.dumps({"user": user.name, "groups": list(user.groups)})
        return Response(201, body, headers={"Set-Cookie": cookie})

    async def codes(self, request: Request) -> Answer:
        """Make a one-time code for the caller, who must be an administrator."""
        if request.method != "POST":
            raise ApiError("MethodNotAllowed", "use POST")
        if MASTERS not in request.user.groups:
            raise ApiError("Forbidden", "only administrators (group system:masters) may make sign-in links")
        return Response(201, codec.dumps({"code": self._sessions.new_code(request.user)}))
