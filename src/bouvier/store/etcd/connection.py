"""Calls to an etcd cluster: compare-and-swap writes, reads at a revision, and what its errors mean.

The generated stubs are used as they are (etcd API v3, `rpc.proto`): the client libraries above them have neither
compare by revision nor pages.
"""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
from aetcd.rpc import rpc_pb2, rpc_pb2_grpc

from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.interface import StoreUnavailableError

CALL_SECONDS = 10.0
"""Longer than etcd needs to elect a new leader (a second or two); after it nobody knows whether a write happened."""
_UNLIMITED = -1
_OPTIONS = (
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.lb_policy_name", "round_robin"),
)


class Connection:
    """A channel to the members of one cluster."""

    def __init__(self, address: EtcdAddress) -> None:
        self.address = address
        target = "ipv4:" + ",".join(address.members) if _are_addresses(address.members) else address.members[0]
        if address.secure:
            self._channel = grpc.aio.secure_channel(target, _credentials(address), options=_OPTIONS)
        else:
            self._channel = grpc.aio.insecure_channel(target, options=_OPTIONS)
        self._keys = rpc_pb2_grpc.KVStub(self._channel)
        self._watch = rpc_pb2_grpc.WatchStub(self._channel)

    async def range(self, request: rpc_pb2.RangeRequest) -> rpc_pb2.RangeResponse:
        """Read keys."""
        return await self._call(self._keys.Range, request)

    async def transaction(self, request: rpc_pb2.TxnRequest) -> rpc_pb2.TxnResponse:
        """Write keys if they are as expected."""
        return await self._call(self._keys.Txn, request)

    async def compact(self, request: rpc_pb2.CompactionRequest) -> None:
        """Drop history."""
        await self._call(self._keys.Compact, request)

    def open_watch(self) -> Any:
        """Return a stream of requests and answers about changes."""
        return self._watch.Watch(wait_for_ready=True)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()

    async def _call(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, timeout=CALL_SECONDS, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            if is_compacted(error):
                raise
            members = ", ".join(self.address.members)
            raise StoreUnavailableError(f"etcd at {members} gave no answer: {error.details()}") from None


def is_compacted(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether a revision was asked for whose history is gone."""
    return error.code() == grpc.StatusCode.OUT_OF_RANGE and "compacted" in (error.details() or "")


def _are_addresses(members: tuple[str, ...]) -> bool:
    return all(member.rpartition(":")[0].replace(".", "").isdigit() for member in members)


def _credentials(address: EtcdAddress) -> grpc.ChannelCredentials:
    ca, cert, key = (path.read_bytes() if path else None for path in (address.ca, address.cert, address.key))
    return grpc.ssl_channel_credentials(ca, key, cert)
