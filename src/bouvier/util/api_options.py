"""Options of the API server about who is recognised and what is allowed, by the names that Kubernetes gives them.

Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

from __future__ import annotations

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
}
"""Names of the options, what they say, and whether they may be repeated."""
