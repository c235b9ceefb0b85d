"""Calls to an etcd cluster: compare-and-swap writes, reads at a revision, and what its errors mean.

The generated stubs are used as they are (etcd API v3, `rpc.proto`): the client libraries above them have neither
compare by revision nor pages. Reads are asked again at another member; a write is sent once, because nobody knows whether
one without an answer happened.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
from aetcd.rpc import rpc_pb2

from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.etcd.members import Member, Members
from bouvier.store.interface import StoreUnavailableError, ValueTooLargeError

CALL_SECONDS = 10.0
"""Longer than etcd needs to elect a new leader (a second or two); after it nobody knows whether a write happened."""
NEEDS_LEADER = (("hasleader", "true"),)
"""Makes a member that is cut off from the others end the watches it can no longer feed."""
TOO_LARGE = ("request is too large", "received message larger than max", "too many operations")
"""Words with which etcd refuses a request for its size, before anything is done."""
_Metadata = tuple[tuple[str, str], ...]


class Connection:
    """The members of one cluster as one partner."""

    def __init__(self, address: EtcdAddress) -> None:
        self.address = address
        self._members = Members(address)
        self._token: _Metadata = ()
        self._proving = asyncio.Lock()

    async def range(self, request: rpc_pb2.RangeRequest) -> rpc_pb2.RangeResponse:
        """Read keys."""
        try:
            return await self._call("keys", "Range", request)
        except StoreUnavailableError:
            return await self._call("keys", "Range", request)

    async def transaction(self, request: bytes) -> rpc_pb2.TxnResponse:
        """Write keys if they are as expected; the request is a TxnRequest as bytes."""
        return await self._call("keys", "Txn", request)

    async def compact(self, request: rpc_pb2.CompactionRequest) -> None:
        """Drop history."""
        await self._call("keys", "Compact", request)

    async def open_watch(self) -> Any:
        """Return a stream of requests and answers about changes.

        Raises:
            StoreUnavailableError: no member can be reached.
        """
        member = await self._members.pick(CALL_SECONDS)
        await self._prove(member)
        return member.watch.Watch(metadata=(*NEEDS_LEADER, *self._token))

    def forget_token(self) -> None:
        """Prove who we are anew before the next call: the token was not accepted."""
        self._token = ()

    async def close(self) -> None:
        """Close all channels."""
        await self._members.close()

    async def _call(self, stub: str, method: str, request: Any) -> Any:
        """Ask the member whose turn it is; once more with a fresh token, since a call with an old one was not looked at."""
        member = await self._members.pick(CALL_SECONDS)
        for attempt in (1, 2):
            await self._prove(member)
            try:
                call = getattr(getattr(member, stub), method)
                return await call(request, timeout=CALL_SECONDS, metadata=self._token or None)
            except grpc.aio.AioRpcError as error:
                if is_compacted(error):
                    raise
                if attempt == 1 and is_token_refused(error) and self.address.user:
                    self.forget_token()
                    continue
                raise self._refusal(error, member) from None
        raise AssertionError

    def _refusal(self, error: grpc.aio.AioRpcError, member: Member) -> Exception:
        details = error.details() or ""
        if any(words in details for words in TOO_LARGE):
            return ValueTooLargeError(f"the etcd at {member.name} takes no value of that size: {details}")
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            self._members.shun(member)
        return StoreUnavailableError(f"etcd at {', '.join(self.address.members)} gave no answer: {details}")

    async def _prove(self, member: Member) -> None:
        """Get a token for name and password, where there are any."""
        if not self.address.user or self._token:
            return
        async with self._proving:
            if self._token:
                return
            wanted = rpc_pb2.AuthenticateRequest(name=self.address.user, password=self.address.read_password())
            try:
                answer = await member.auth.Authenticate(wanted, timeout=CALL_SECONDS)
            except grpc.aio.AioRpcError as error:
                raise StoreUnavailableError(
                    f"etcd at {member.name} does not accept user {self.address.user}: {error.details()}"
                ) from None
            self._token = (("token", answer.token),)


def is_compacted(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether a revision was asked for whose history is gone."""
    return error.code() == grpc.StatusCode.OUT_OF_RANGE and "compacted" in (error.details() or "")


def is_token_refused(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether a call was refused for its token, before anything was done."""
    return "invalid auth token" in (error.details() or "") or "auth: revision in header is old" in (
        error.details() or ""
    )
