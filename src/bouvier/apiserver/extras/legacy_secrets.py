"""Fills Secrets of type `kubernetes.io/service-account-token`, removes those whose account is gone, and notes their use.

Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller
"""

from __future__ import annotations

import asyncio
import base64
import contextlib

from bouvier.apiserver.authn.legacy import LAST_USED, NAME_ANNOTATION, TYPE, UID_ANNOTATION, claims_of
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs import deleting
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, is_deleting

USES_SECONDS = 30.0
_MARK = TYPE.encode()


class LegacySecrets:
    """Keeps the tokens that stand in Secrets."""

    def __init__(self, context: Context, authority_pem: str) -> None:
        self._context = context
        self._authority_pem = authority_pem
        self._known: set[StoreKey] = set()
        self._due: set[StoreKey] = set()
        self._wake = asyncio.Event()
        context.hub.listen("", "secrets", self._secret)
        context.hub.listen("", "serviceaccounts", self._account)

    def _secret(self, key: StoreKey, value: bytes | None) -> None:
        if value is None:
            self._known.discard(key)
        elif _MARK in value:
            self._known.add(key)
            self._due.add(key)
            self._wake.set()

    def _account(self, key: StoreKey, value: bytes | None) -> None:
        if value is None and self._known:
            self._due |= {one for one in self._known if (one.cluster, one.namespace) == (key.cluster, key.namespace)}
            self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(USES_SECONDS if self._known else None):
                    await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, set()
            for key in due:
                with contextlib.suppress(ApiError):  # it went, or changed and comes again
                    await self._reconcile(key)
            await self._note_uses()

    async def _reconcile(self, key: StoreKey) -> None:
        hub = self._context.hub
        entry = hub.resource(key.cluster, "", "secrets").entries.get(f"{key.namespace}/{key.name}")
        secret = entry.decode() if entry else None
        if entry is None or secret is None or secret.get("type") != TYPE or is_deleting(secret):
            return
        notes = annotations_of(secret)
        owner = hub.resource(key.cluster, "", "serviceaccounts").entries.get(
            f"{key.namespace}/{notes.get(NAME_ANNOTATION, '')}"
        )
        account = owner.decode() if owner else None
        if account is None or notes.get(UID_ANNOTATION, account["metadata"]["uid"]) != account["metadata"]["uid"]:
            options = deleting.Options(None, "", secret["metadata"]["uid"], "", dry_run=False)
            await deleting.delete_entry(self._call(key), entry, options)
            return
        if _completed(secret, account, "x", self._authority_pem) != secret:
            token = self._context.accounts.signer.sign_as_is(claims_of(key.cluster, secret, account))
            await change_object(
                self._call(key), lambda current: _completed(current, account, token, self._authority_pem)
            )

    async def _note_uses(self) -> None:
        used = self._context.accounts.legacy.used
        while used:
            (cluster, namespace, name), day = used.popitem()

            def noted(current: Obj, day: str = day) -> Obj:
                metadata = current["metadata"]
                return current | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | {LAST_USED: day}}}

            with contextlib.suppress(ApiError):
                await change_object(self._call(StoreKey(cluster, "", "secrets", namespace, name)), noted)

    def _call(self, key: StoreKey) -> Call:
        kind = self._context.kinds.find(key.cluster, "", "v1", "secrets")
        assert kind is not None
        target = Target("", "v1", "secrets", key.namespace, key.name, "", "")
        return Call(self._context, internal_request(key.cluster, SELF), kind, target)


def _completed(secret: Obj, account: Obj, token: str, authority_pem: str) -> Obj:
    """Return the Secret with what it lacks."""
    own = {"namespace": account["metadata"]["namespace"], "token": token, "ca.crt": authority_pem}
    present = secret.get("data") or {}
    more = {key: base64.b64encode(text.encode()).decode() for key, text in own.items() if text and key not in present}
    notes = annotations_of(secret)
    uid = {UID_ANNOTATION: account["metadata"]["uid"]}
    if not more and uid.items() <= notes.items():
        return secret
    return secret | {"metadata": secret["metadata"] | {"annotations": {**notes, **uid}}, "data": {**present, **more}}
