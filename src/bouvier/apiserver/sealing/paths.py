"""`/bouvier/v1/sealing`: which keys there are and how far a rotation is (GET), and rotating them (POST)."""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Context
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.apiserver.sealing.rotation import Rotation
from bouvier.meta.errors import ApiError

PATH = "/bouvier/v1/sealing"


class SealingPath:
    """Answers the path to those who may use it."""

    def __init__(self, context: Context, rotation: Rotation) -> None:
        self._context = context
        self._rotation = rotation

    async def answer(self, request: Request) -> Answer:
        """Answer with the state, after beginning a rotation if that was asked for."""
        if request.user is ANONYMOUS:
            raise unauthorized()
        wanted = Attributes(request.method.lower(), path=request.path)
        self._context.auditor.check(self._context.authorizer, request, wanted)
        if request.method == "POST":
            self._rotation.begin()
        elif request.method != "GET":
            raise ApiError("MethodNotAllowed", f"{PATH} can be read and posted to only")
        return Response(200, codec.dumps(self._rotation.report()))
