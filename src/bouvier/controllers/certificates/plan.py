"""What becomes of a certificate request: approved, denied, signed, or left to an administrator. Pure.

Four signers are the original's, one is ours. Approved by itself is only what a host asks for itself: its client certificate
(with a join token, or with the certificate it has) and its certificate for the overlay, for its own address. Everything else
waits for `kubectl certificate approve`.
Source: Kubernetes "Certificates and Certificate Signing Requests", signer names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.util.signing_requests import SigningRequest

HOST_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
CLIENT = "kubernetes.io/kube-apiserver-client"
SERVING = "kubernetes.io/kubelet-serving"
LEGACY = "kubernetes.io/legacy-unknown"
"""Gives whatever was approved; whether anybody trusts such certificates is up to them."""
OVERLAY = "bouvier.io/overlay"
"""Certificates with which hosts know each other: the name is the Node's, the only address is its InternalIP."""
OF_HOSTS = (HOST_CLIENT, OVERLAY)
"""Signers whose certificates only hosts get."""

NODE_PREFIX = "system:node:"
NODES_GROUP = "system:nodes"
BOOTSTRAP_PREFIX = "system:bootstrap:"
BOOTSTRAP_GROUP = "system:bootstrappers"
_MASTERS = "system:masters"
NOT_HERE = (
    "this signer signs in the cluster local only: its certificates are good in every cluster;"
    " use a service account or an API key of this one"
)
_CLIENT_USAGES = frozenset({"digital signature", "key encipherment", "client auth"})
_USAGES: dict[str, frozenset[str] | None] = {
    HOST_CLIENT: _CLIENT_USAGES,
    CLIENT: _CLIENT_USAGES,
    SERVING: frozenset({"digital signature", "key encipherment", "server auth"}),
    LEGACY: None,
    OVERLAY: frozenset({"digital signature", "client auth", "server auth", "ipsec end system"}),
}
"""What each signer gives certificates for; None means anything."""
_NEEDED = {HOST_CLIENT: "client auth", CLIENT: "client auth", SERVING: "server auth", OVERLAY: "client auth"}
_DAY_SECONDS = 86400.0
KEPT_SECONDS = 3600.0
"""Requests that were answered are removed after an hour, as the original does; those that nobody answered after a day."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a request."""

    action: str
    """`wait` for a person, `approve`, `deny`, `sign`, `fail`, or `done`."""
    reason: str = ""
    message: str = ""
    token: str = ""
    """Identifier of the join token that an approval uses up."""
    host: str = ""


class Purposes(NamedTuple):
    """What a certificate may be used for."""

    client: bool
    server: bool


def purposes(spec: Obj) -> Purposes:
    """Return what the certificate of a request is good for."""
    signer, usages = spec["signerName"], set(spec.get("usages") or ())
    if signer == LEGACY:
        return Purposes(client=bool(usages & {"client auth", "any"}), server=bool(usages & {"server auth", "any"}))
    return Purposes(client=signer != SERVING, server=signer in (SERVING, OVERLAY))


def seconds_kept(request: Obj) -> float:
    """Return for how long a request is kept after it was made, or after its last condition."""
    is_open = not (request.get("status") or {}).get("conditions")
    return _DAY_SECONDS if is_open else KEPT_SECONDS


def judge(request: Obj, asked: SigningRequest, nodes: Iterable[Obj], *, is_home: bool = True) -> Verdict:
    """Decide about a request whose content is `asked`; `is_home` says that it was made in the cluster `local`."""
    spec, signer = request["spec"], request["spec"]["signerName"]
    if signer not in _USAGES or (request.get("status") or {}).get("certificate"):
        return Verdict("done")
    if condition_of(request, "Denied") or condition_of(request, "Failed"):
        return Verdict("done")
    wrong = _wrong(signer, set(spec.get("usages") or ()), asked) if is_home or signer in OF_HOSTS else NOT_HERE
    if condition_of(request, "Approved"):
        return Verdict("fail", "SignerValidationFailure", wrong) if wrong else Verdict("sign")
    if wrong:
        return Verdict("deny", "NotAllowed", wrong)
    if signer == HOST_CLIENT:
        return _host_client(spec, asked, list(nodes))
    return _overlay(spec, asked, list(nodes)) if signer == OVERLAY else Verdict("wait")


def _wrong(signer: str, usages: set[str], asked: SigningRequest) -> str:
    """Return what the signer does not sign; empty when it may."""
    accepted = _USAGES[signer]
    extra = usages - accepted if accepted is not None else set()
    if extra:
        return f"signer {signer} gives no certificates for {', '.join(sorted(extra))}"
    needed = _NEEDED.get(signer)
    if needed is not None and needed not in usages:
        return f"signer {signer} needs the usage {needed}"
    if signer == LEGACY:
        return ""
    if signer == CLIENT:
        return f"nobody joins {_MASTERS} by a request" if _MASTERS in asked.organisations else ""
    if asked.organisations != (NODES_GROUP,) or not asked.common_name.removeprefix(NODE_PREFIX):
        return f"the subject must be O={NODES_GROUP}, CN={NODE_PREFIX}NAME"
    if not asked.common_name.startswith(NODE_PREFIX):
        return f"the subject must be O={NODES_GROUP}, CN={NODE_PREFIX}NAME"
    if signer == HOST_CLIENT and asked.hosts:
        return "a client certificate of a host has no subject alternative names"
    if signer == SERVING and not asked.hosts:
        return "a serving certificate needs a DNS name or an IP address"
    if signer == SERVING and any(_is_other(name) for name in asked.hosts):
        return "a serving certificate has no subject alternative names but DNS names and IP addresses"
    return ""


def _is_other(name: str) -> bool:
    """Tell whether a subject alternative name is neither a DNS name nor an address."""
    return name.startswith(
        ("RFC822Name:", "UniformResourceIdentifier:", "DirectoryName:", "OtherName:", "RegisteredID:")
    )


def _host_client(spec: dict[str, Any], asked: SigningRequest, nodes: list[Obj]) -> Verdict:
    user, host = spec.get("username", ""), asked.common_name.removeprefix(NODE_PREFIX)
    if user == asked.common_name:
        return Verdict("approve", "AutoApproved", "a host renews its own certificate", host=host)
    if not user.startswith(BOOTSTRAP_PREFIX) or BOOTSTRAP_GROUP not in (spec.get("groups") or ()):
        return Verdict("wait")
    if any(name_of(node) == host and is_ready(node) for node in nodes):
        message = f'a host named "{host}" is part of the platform and ready: join under another name with --name'
        return Verdict("deny", "NameTaken", message)
    token = user.removeprefix(BOOTSTRAP_PREFIX)
    return Verdict("approve", "AutoApproved", f"joined with token {token}", token, host)


def _overlay(spec: dict[str, Any], asked: SigningRequest, nodes: list[Obj]) -> Verdict:
    host = asked.common_name.removeprefix(NODE_PREFIX)
    if spec.get("username") != asked.common_name:
        return Verdict("deny", "NotAllowed", "only a host itself asks for its overlay certificate")
    node = next((node for node in nodes if name_of(node) == host), None)
    own = internal_address(node) if node else ""
    if not own or asked.hosts != (own,):
        return Verdict("wait", "AddressUnknown", f"the Node {host} has not reported the address {asked.hosts} yet")
    holder = next((name_of(n) for n in nodes if internal_address(n) == own and name_of(n) != host), "")
    if holder:
        return Verdict("deny", "AddressTaken", f"host {holder} has the address {own} too: give each host its own")
    return Verdict("approve", "AutoApproved", "a host asks for its own address", host=host)


def is_ready(node: Obj) -> bool:
    """Tell whether a Node's condition Ready is true."""
    return (condition_of(node, "Ready") or {}).get("status") == "True"


def internal_address(node: Obj) -> str:
    """Return a Node's InternalIP, empty while it has none."""
    addresses = (node.get("status") or {}).get("addresses") or ()
    return next((str(entry["address"]) for entry in addresses if entry.get("type") == "InternalIP"), "")
