"""The API from the caller's side: requests, informers, listers, work queues and leases."""

from bouvier.client.endpoint import Endpoint, from_kubeconfig
from bouvier.client.rest import APPLY, JSON_PATCH, MERGE, STRATEGIC, Client, ObjList
from bouvier.client.watching import WatchEvent

__all__ = [
    "APPLY",
    "JSON_PATCH",
    "MERGE",
    "STRATEGIC",
    "Client",
    "Endpoint",
    "ObjList",
    "WatchEvent",
    "from_kubeconfig",
]
