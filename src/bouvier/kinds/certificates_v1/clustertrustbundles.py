"""ClusterTrustBundle: certificates of authorities that workloads of the whole cluster trust."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.certificates_v1.signers import signer_name
from bouvier.kinds.certificates_v1.trustanchors import check_bundle
from bouvier.kinds.columns import NAME, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

RESOURCE = Resource("certificates.k8s.io", "v1", "clustertrustbundles", "ClusterTrustBundle", namespaced=False)


def _spec(obj: Obj) -> Obj:
    return obj.get("spec") or {}


def validate(obj: Obj) -> list[FieldError]:
    """Check name, signer and certificates."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    name, signer = name_of(obj), _spec(obj).get("signerName") or ""
    for message in _name_errors(name, signer):
        yield fields.invalid("metadata.name", name, message)
    if signer:
        yield from signer_name("spec.signerName", signer)
    yield from check_bundle("spec.trustBundle", _spec(obj).get("trustBundle") or "")


def _name_errors(name: str, signer: str) -> list[str]:
    if not name:
        return []
    if not signer:
        if ":" in name:
            return ['ClusterTrustBundle without signer name must not have ":" in its name']
        return names.subdomain(name)
    prefix = signer.replace("/", ":") + ":"
    if not name.startswith(prefix):
        return [f"ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}"]
    return names.subdomain(name.removeprefix(prefix))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse another signer."""
    after, before = (_spec(one).get("signerName") for one in (new, old))
    return list(fields.immutable("spec.signerName", after, before))


KIND = Kind(
    resource=RESOURCE,
    singular="clustertrustbundle",
    definition="io.k8s.api.certificates.v1.ClusterTrustBundle",
    columns=(NAME, text("SignerName", "spec", "signerName", default="<none>")),
    selectable={"spec.signerName": lambda obj: str(_spec(obj).get("signerName") or "")},
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
    name_rule="path",
)
BETA = older(KIND, "v1beta1")
