"""Names of those who sign certificates: a domain and a path, `example.com/signer-name`."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required

MAX_SIGNER = names.SUBDOMAIN_LENGTH + 1 + names.SUBDOMAIN_LENGTH + 1 + names.LABEL_LENGTH
"""A domain, a slash, and room for `namespace.name` behind it."""


def is_kubernetes(signer: str) -> bool:
    """Tell whether a signer's name is one that Kubernetes keeps for itself."""
    host = signer.partition("/")[0]
    return host == "kubernetes.io" or host.endswith(".kubernetes.io")


def signer_name(path: str, signer: str | None) -> Errors:
    """Check the name of a signer."""
    if not signer:
        yield required(path)
        return
    parts = signer.split("/")
    if len(parts) != 2:
        detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        yield fields.invalid(path, signer, detail)
        return
    domain, rest = parts
    if len(domain) > names.SUBDOMAIN_LENGTH:
        yield fields.too_long(path, names.SUBDOMAIN_LENGTH)
    yield from _labels(path, domain)
    if "." not in domain:
        yield fields.invalid(path, domain, "should be a domain with at least two segments separated by dots")
    yield from _labels(path, rest)
    if len(signer) > MAX_SIGNER:
        yield fields.too_long(path, MAX_SIGNER)


def _labels(path: str, text: str) -> Errors:
    for label in text.split("."):
        wrong = names.label(label)
        for message in wrong:
            yield fields.invalid(path, text, f'validating label "{label}": {message}')
        if wrong:
            return
