"""The Secrets whose certificates Ingresses name, watched one by one: a host may read no others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import SECRETS
from bouvier.network.informers import Informer, Informers

TLS = "kubernetes.io/tls"
WAIT_SECONDS = 3.0
"""The first look at a Secret takes some ms; without it the default certificate would be shown for a moment."""


class TlsSecrets:
    """Live copies of the Secrets that Ingresses name."""

    def __init__(self, informers: Informers, changed: Callable[[], None]) -> None:
        """Call `changed` when one of the Secrets came, changed or went."""
        self._informers = informers
        self._changed = changed
        self._watched: dict[str, Informer] = {}

    async def follow(self, ingresses: Iterable[Obj]) -> None:
        """Watch what the Ingresses name now, and nothing else; new ones are waited for a little."""
        wanted = {key for ingress in ingresses for key in named(ingress)}
        for key in [key for key in self._watched if key not in wanted]:
            self._informers.forget(self._watched.pop(key))
        new = [self._watch(key) for key in sorted(wanted - self._watched.keys())]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                for informer in new:
                    await informer.synced.wait()

    def _watch(self, key: str) -> Informer:
        namespace, _, name = key.partition("/")
        selector = f"metadata.name={name},type={TLS}"
        informer = self._watched[key] = self._informers.informer(SECRETS, namespace=namespace, field_selector=selector)
        informer.add_handler(lambda *_: self._changed())
        return informer

    def get(self, key: str) -> Obj | None:
        """Return a Secret of type `kubernetes.io/tls` by `namespace/name`, None while it is not known."""
        informer = self._watched.get(key)
        secret = informer.get(key) if informer else None
        return secret if secret and secret.get("type") == TLS else None


def named(ingress: Obj) -> Iterable[str]:
    """Yield the keys of the Secrets that an Ingress names."""
    for tls in (ingress.get("spec") or {}).get("tls") or ():
        if tls.get("secretName"):
            yield f"{namespace_of(ingress)}/{tls['secretName']}"
