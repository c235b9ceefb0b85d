"""Options of the API server about who is recognised, what is allowed and how much, and what is recorded and sealed.

Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

OPTIONS: dict[str, tuple[str, bool]] = {
    "authentication-config": ("File with an AuthenticationConfiguration: issuers of tokens.", False),
    "oidc-issuer-url": ("Issuer whose tokens are taken.", False),
    "oidc-client-id": ("Audience that its tokens must have.", False),
    "oidc-username-claim": ("Claim with the user's name [sub].", False),
    "oidc-username-prefix": ("Put before names; - for nothing [the issuer's URL and #].", False),
    "oidc-groups-claim": ("Claim with the user's groups.", False),
    "oidc-groups-prefix": ("Put before groups.", False),
    "oidc-required-claim": ("NAME=VALUE that tokens must contain; may be repeated.", True),
    "oidc-signing-algs": ("Accepted signature algorithms; may be repeated [RS256].", True),
    "oidc-ca-file": ("Authority of the issuer's certificate [the system's].", False),
    "requestheader-client-ca-file": ("Authority of proxies that name the user in headers.", False),
    "requestheader-allowed-names": ("Names of such proxies; may be repeated [any of that authority].", True),
    "requestheader-username-headers": ("Headers with the user's name [X-Remote-User].", True),
    "requestheader-group-headers": ("Headers with groups [X-Remote-Group].", True),
    "requestheader-uid-headers": ("Headers with the user's uid [X-Remote-Uid].", True),
    "requestheader-extra-headers-prefix": ("Begin of headers with more [X-Remote-Extra-].", True),
    "authentication-token-webhook-config-file": ("File that names a server which knows tokens.", False),
    "admission-control-config-file": (
        "File with an AdmissionConfiguration: Pod Security defaults and exemptions.",
        False,
    ),
    "authorization-config": ("File with an AuthorizationConfiguration: who decides, in which order.", False),
    "audit-policy-file": (
        "File with what the audit log keeps; none for nothing [changes, and reads of secrets].",
        False,
    ),
    "audit-log-path": ("File of the audit log [one of the platform's].", False),
    "audit-log-maxsize": ("Megabytes at which it is rotated [100].", False),
    "audit-log-maxbackup": ("Rotated files that are kept [10]; 0 for all.", False),
    "audit-log-maxage": ("Days that rotated files are kept [30]; 0 for ever.", False),
    "audit-webhook-config-file": ("File that names a server which takes audit events.", False),
    "encryption-provider-config": ("File with what is sealed in the store, and how [secrets, by own keys].", False),
    "max-requests-inflight": ("Requests at work before others wait for their turn [128].", False),
    "max-connections": ("Connections open at once [10000].", False),
}
"""Names of the options, what they say, and whether they may be repeated."""
NUMBERS = ("max-requests-inflight", "max-connections")
"""Those that are numbers above 0."""


def number_of(options: Mapping[str, Sequence[str]], name: str) -> int:
    """Return the number that an option says, 0 when it was not given.

    Raises:
        ValueError: the text is no number above 0.
    """
    text = (options.get(name) or ("",))[-1]
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise ValueError(f"--{name} {text}: expected a number above 0")
    return int(text or 0)
