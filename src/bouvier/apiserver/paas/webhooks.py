"""`buildconfigs/NAME/webhooks/SECRET/TYPE`: a push somewhere else starts a Build here.

The secret in the path is the only credential; who does not know it learns nothing, not even whether the configuration
exists. What the body means is read by `hooks`.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import orjson

from bouvier.apiserver.context import Call
from bouvier.apiserver.paas import hooks
from bouvier.apiserver.paas.calls import look_up
from bouvier.apiserver.paas.instantiate import new_build
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import render_object
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDCONFIGS, SECRETS

SECRET_KEY = "WebHookSecretKey"  # noqa: S105 - the name of a key, as OpenShift's
FIELDS = {"generic": "generic", "github": "github", "gitlab": "gitlab"}


async def receive(call: Call) -> Response:
    """Start a Build, or say why this message starts none."""
    secret, _, kind = call.target.rest.partition("/")
    config = look_up(call.context, call.cluster, BUILDCONFIGS, call.target.namespace, call.target.name)
    if kind not in FIELDS or config is None or not _is_known(call, config, kind, secret):
        raise ApiError("Unauthorized", f'the webhook "{kind}" for "{call.target.name}" did not accept your secret')
    message = hooks.Message(kind, call.request.headers, await call.request.read(), secret)
    try:
        start = hooks.read(message, config)
    except ValueError as error:
        raise bad_request(str(error)) from None
    if start is None:
        return Response(200, orjson.dumps({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
    entry = await new_build(call.context, call.cluster, call.target.namespace, call.target.name, start)
    return render_object(call, entry.decode(), 200)


def _is_known(call: Call, config: Obj, kind: str, given: str) -> bool:
    """Tell whether the secret belongs to a trigger of this type."""
    known = False
    for trigger in config["spec"].get("triggers") or ():
        if str(trigger.get("type")).lower() != kind:
            continue
        wanted = _secret_of(call, trigger.get(FIELDS[kind]) or {})
        known |= bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode())
    return known


def _secret_of(call: Call, hook: Obj) -> str:
    name = (hook.get("secretReference") or {}).get("name")
    if not name:
        return str(hook.get("secret") or "")
    secret = look_up(call.context, call.cluster, SECRETS, call.target.namespace, name) or {}
    try:
        return base64.b64decode((secret.get("data") or {}).get(SECRET_KEY) or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
