"""Getting a certificate: a CertificateSigningRequest is made, found again after an interruption, and waited for."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import CERTIFICATESIGNINGREQUESTS
from bouvier.util.signing_requests import request_id

WAIT_SECONDS = 60.0


class DeniedError(Exception):
    """The request was denied; the text says why."""


async def obtain(
    client: Client,
    prefix: str,
    request_pem: bytes,
    *,
    signer: str,
    usages: Sequence[str],
    seconds: float = WAIT_SECONDS,
) -> bytes:
    """Return the signed certificate in PEM.

    The object's name follows from the request, so that repeating after an interruption finds the same one.

    Raises:
        DeniedError: with the reason.
        TimeoutError: nobody approved it in time.
        ApiError, ConnectionError: as every call.
    """
    name = f"{prefix}-{request_id(request_pem)}"
    body: Obj = {
        "apiVersion": CERTIFICATESIGNINGREQUESTS.api_version,
        "kind": CERTIFICATESIGNINGREQUESTS.kind,
        "metadata": {"name": name},
        "spec": {"request": base64.b64encode(request_pem).decode(), "signerName": signer, "usages": list(usages)},
    }
    try:
        await client.get(CERTIFICATESIGNINGREQUESTS, name)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        await client.create(CERTIFICATESIGNINGREQUESTS, body)
    async with asyncio.timeout(seconds):
        while True:
            certificate = await _watch(client, name)
            if certificate:
                return certificate


async def _watch(client: Client, name: str) -> bytes:
    """Follow the object to its end; empty when the watch ended before."""
    async for _type, request in client.watch(CERTIFICATESIGNINGREQUESTS, field_selector=f"metadata.name={name}"):
        for kind in ("Denied", "Failed"):
            refusal = condition_of(request, kind)
            if refusal:
                raise DeniedError(refusal.get("message") or refusal.get("reason") or kind)
        certificate = (request.get("status") or {}).get("certificate")
        if certificate:
            return base64.b64decode(certificate)
    return b""
