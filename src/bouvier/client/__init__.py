"""The API from the caller's side: requests, informers, work queues, leases, and the loop of a controller.

`docs/writing-controllers.md` is a controller with a kind of its own in 40 lines.
"""

from bouvier.client.custom import define, definition_of
from bouvier.client.endpoint import Endpoint, from_environment, from_kubeconfig
from bouvier.client.reconciling import reconcile_forever
from bouvier.client.rest import APPLY, JSON_PATCH, MERGE, STRATEGIC, Client, ObjList
from bouvier.client.watching import WatchEvent
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource

__all__ = [
    "APPLY",
    "JSON_PATCH",
    "MERGE",
    "STRATEGIC",
    "ApiError",
    "Client",
    "Endpoint",
    "ObjList",
    "Resource",
    "WatchEvent",
    "define",
    "definition_of",
    "from_environment",
    "from_kubeconfig",
    "reconcile_forever",
]
