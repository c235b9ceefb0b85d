"""Writes down when API keys were used, for all of them together twice a minute; a kill loses the last half minute."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

from bouvier.apiserver.authn.apikeys import ApiKeys
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.keys_v1.apikeys import RESOURCE
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

PERIOD_SECONDS = 30.0


async def follow(context: Context, keys: ApiKeys) -> None:
    """Write uses down until cancelled."""
    while True:
        await asyncio.sleep(PERIOD_SECONDS)
        await write(context, keys)


async def write(context: Context, keys: ApiKeys) -> None:
    """Write down the uses since the last time."""
    uses, keys.uses = keys.uses, {}
    for (cluster, name), moment in uses.items():
        with contextlib.suppress(ApiError):  # revoked meanwhile
            await _note(context, cluster, name, moment)


async def _note(context: Context, cluster: str, name: str, moment: datetime) -> None:
    kind = context.kinds.find(cluster, RESOURCE.group, RESOURCE.version, RESOURCE.plural)
    assert kind is not None
    target = Target(RESOURCE.group, RESOURCE.version, RESOURCE.plural, "", name, "status", "")
    status = {"lastUsed": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def change(old: Obj) -> Obj:
        return {**old, "status": status}

    await change_object(Call(context, internal_request(cluster, SELF), kind, target), change)
