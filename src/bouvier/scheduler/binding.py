"""Telling the API which host a pod gets.

A bind whose answer was lost may have happened: the pod is then read until the API answers, so that a host is never
given away twice.
"""

from __future__ import annotations

import asyncio
import logging

from bouvier.client.backoff import Backoff
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS

_log = logging.getLogger(__name__)


async def bind(client: Client, pod: Obj, host: str) -> Obj | None:
    """Bind a pod to a host; return the pod as it is bound (perhaps by another), None when it is not.

    Raises:
        ApiError: the API refused, and the pod is still without a host.
    """
    namespace, name = namespace_of(pod), name_of(pod)
    body = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"namespace": namespace, "name": name, "uid": uid_of(pod)},
        "target": {"apiVersion": "v1", "kind": "Node", "name": host},
    }
    try:
        await client.create(PODS, body, namespace=namespace, subresource="binding", name=name)
        return pod | {"spec": pod["spec"] | {"nodeName": host}}
    except ApiError as error:
        if error.reason == "NotFound":
            return None
        bound = await _look(client, pod)
        if bound is None:
            raise
        return bound
    except ConnectionError as error:
        _log.debug("bind %s: %s", key_of(pod), error)
        return await _look(client, pod)


async def _look(client: Client, pod: Obj) -> Obj | None:
    """Return the pod if it has a host by now; waits for the API to answer."""
    backoff = Backoff(0.1, 5.0)
    while True:
        try:
            found = await client.get(PODS, name_of(pod), namespace_of(pod))
            break
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            _log.warning("bind %s: %s", key_of(pod), error)
        except ConnectionError as error:
            _log.debug("bind %s: %s", key_of(pod), error)
        await asyncio.sleep(backoff.next_seconds())
    return found if uid_of(found) == uid_of(pod) and found["spec"].get("nodeName") else None
