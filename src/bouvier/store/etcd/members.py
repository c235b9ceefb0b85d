"""The members of an etcd cluster: a channel to each, and calls go to one that is connected.

gRPC's own ways of balancing know one name for all addresses of a target, so certificates of members with different names
would not be accepted; and a member that is connected but cut off from the others is left only by who notices that it
does not answer.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any, NamedTuple

import grpc
import grpc.aio
from aetcd.rpc import rpc_pb2, rpc_pb2_grpc

from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.interface import StoreUnavailableError

TRANSACTION = "/etcdserverpb.KV/Txn"
_UNLIMITED = -1
_OPTIONS = (
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


class Member(NamedTuple):
    """One member and how it is asked."""

    name: str
    channel: grpc.aio.Channel
    keys: Any
    watch: Any
    auth: Any


class Members:
    """All members; one of them is asked as long as it answers."""

    def __init__(self, address: EtcdAddress) -> None:
        self._members = [_open(name, address) for name in address.members]
        random.shuffle(self._members)  # several servers spread over the members

    async def pick(self, seconds: float) -> Member:
        """Return a member that is connected, waiting for one if need be.

        Raises:
            StoreUnavailableError: none can be reached in that time.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    states = [member.channel.get_state(try_to_connect=True) for member in self._members]
                    for member, state in zip(self._members, states, strict=True):
                        if state is grpc.ChannelConnectivity.READY:
                            return member
                    await self._change(states)
        except TimeoutError:
            names = ", ".join(sorted(member.name for member in self._members))
            raise StoreUnavailableError(f"etcd at {names} gave no answer: no member can be reached") from None

    def shun(self, member: Member) -> None:
        """Ask another one first from now on: this one did not answer."""
        if len(self._members) > 1 and member in self._members:
            self._members.remove(member)
            self._members.append(member)

    async def close(self) -> None:
        """Close all channels."""
        await asyncio.gather(*(member.channel.close() for member in self._members))

    async def _change(self, states: list[grpc.ChannelConnectivity]) -> None:
        """Return when a channel has another state than it had."""
        waits = [
            asyncio.ensure_future(member.channel.wait_for_state_change(state))
            for member, state in zip(self._members, states, strict=True)
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _open(name: str, address: EtcdAddress) -> Member:
    if address.secure:
        channel = grpc.aio.secure_channel(name, _credentials(address), options=_OPTIONS)
    else:
        channel = grpc.aio.insecure_channel(name, options=_OPTIONS)
    keys = rpc_pb2_grpc.KVStub(channel)
    keys.Txn = channel.unary_unary(TRANSACTION, response_deserializer=rpc_pb2.TxnResponse.FromString)  # sent as bytes
    return Member(
        name,
        channel,
        keys,
        rpc_pb2_grpc.WatchStub(channel),
        rpc_pb2_grpc.AuthStub(channel),
    )


def _credentials(address: EtcdAddress) -> grpc.ChannelCredentials:
    ca, cert, key = (path.read_bytes() if path else None for path in (address.ca, address.cert, address.key))
    return grpc.ssl_channel_credentials(ca, key, cert)
