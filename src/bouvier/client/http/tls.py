"""TLS contexts of endpoints.

`ssl` loads certificate chains from files only; PEM text is handed to it through an anonymous memory file, so that a key
from a kubeconfig is never written to a disk.
"""

from __future__ import annotations

import os
import ssl

from bouvier.client.endpoint import Endpoint


def client_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the context with the endpoint's authorities and client certificate.

    Raises:
        ValueError: a certificate or key cannot be used.
    """
    try:
        context = ssl.create_default_context(cadata=endpoint.ca_pem or None)
        if endpoint.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        _load_client_certificate(context, endpoint)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"cannot use the certificates for {endpoint}: {error}") from error
    return context


def _load_client_certificate(context: ssl.SSLContext, endpoint: Endpoint) -> None:
    if endpoint.cert_file:
        context.load_cert_chain(endpoint.cert_file, endpoint.key_file or None)
    elif endpoint.cert_pem:
        descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - an open descriptor, not a path
            file.write(f"{endpoint.cert_pem}\n{endpoint.key_pem}\n".encode())
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
