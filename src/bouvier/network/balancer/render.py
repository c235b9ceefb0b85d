"""HAProxy's configuration as text: one main file and the files that it names. Pure.

Requests are tried again on another endpoint when the connection fails, whatever the method (nothing was sent), and when
an endpoint hangs up without an answer, only for methods that may be repeated and while the balancer is not very busy.

Source: HAProxy 2.6 configuration manual.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bouvier.network.balancer import routing
from bouvier.network.balancer.parts import BackendRef, Server
from bouvier.network.balancer.plan import Plan

MAIN = "haproxy.cfg"
SERVER_OPTIONS = "check inter 2s fastinter 500ms fall 2 rise 1"
"""A connection attempt now and then finds endpoints on hosts that are gone before Kubernetes declares them lost."""

BUSY_REQUESTS_PER_SECOND = 10_000
"""Above this rate the copy of each request that a second try needs is not made. It costs 2 µs, a twentieth of a request:
nothing on an ordinary day, and missing when every processor is busy."""

_REPEATABLE = "method GET HEAD OPTIONS PUT DELETE TRACE"
"""Methods that may be sent twice (RFC 9110, 9.2.2)."""

_HEAD = """\
# Written by Bouvier; changes are overwritten.
global
	stats socket unix@runtime.sock mode 600 level admin expose-fd listeners
	fd-hard-limit 100000
	hard-stop-after 10m
	mworker-max-reloads 50
	ssl-default-bind-options ssl-min-ver TLSv1.2
{user}
defaults
	mode http
	balance roundrobin
	option forwardfor
	option redispatch 1
	option idle-close-on-response
	retries 3
	retry-on conn-failure empty-response
	timeout connect 1s
	timeout client 60s
	timeout server 60s
	timeout http-request 10s
	timeout http-keep-alive 60s
	timeout tunnel 1h
	default-server {server_options}

frontend metrics
	bind unix@metrics.sock mode 600
	http-request use-service prometheus-exporter
"""

_NOTHING = """
backend nothing
	http-request return status 404 content-type text/plain lf-string "404: no Ingress has a rule for %[req.hdr(host)]%[path]\\n"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """Where and as whom HAProxy runs."""

    http_port: int
    https_port: int
    user: str = ""
    """Unprivileged user of the worker; empty: the same as the platform."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration on its way to the disk."""

    main: str
    """Content of `MAIN`, with the present servers."""
    files: dict[str, str]
    """Further files by path below the balancer's folder."""
    structure: str
    """Fingerprint of everything but the servers: while it stays, nothing has to be reloaded."""


def render(plan: Plan, listen: ListenSettings, default_certificate: str) -> Rendered:
    """Return the configuration of a plan."""
    named = _files(plan, default_certificate)
    version = _fingerprint("".join(name + content for name, content in sorted(named.items())))
    folder = f"files/{version}"
    files = {f"{folder}/{name}": content.replace("FOLDER", folder) for name, content in named.items()}
    main = _main(plan, listen, folder, with_servers=True)
    structure = _fingerprint(_main(plan, listen, folder, with_servers=False))
    return Rendered(main, files, structure)


def server_line(server: Server) -> str:
    """Return the line of a server."""
    return f"\tserver {server.name} {server.address}:{server.port}{weight_option(server)}\n"


def weight_option(server: Server) -> str:
    """Return the weight of a server as an option, nothing for one like all others."""
    return f" weight {server.weight}" if server.weight >= 0 else ""


def _files(plan: Plan, default_certificate: str) -> dict[str, str]:
    files = routing.maps(plan) | {"certs/default.pem": default_certificate}
    lines = ["FOLDER/certs/default.pem\n"]
    for certificate in plan.certificates:
        files[f"certs/{certificate.name}.pem"] = certificate.pem
        lines.append(" ".join((f"FOLDER/certs/{certificate.name}.pem", *certificate.hosts)) + "\n")
    return files | {"certificates": "".join(lines)}


def _main(plan: Plan, listen: ListenSettings, folder: str, *, with_servers: bool) -> str:
    user = f"\tuser {listen.user}\n" if listen.user else ""
    parts = [
        _HEAD.format(user=user, server_options=SERVER_OPTIONS),
        _frontend("http", f"*:{listen.http_port}", "http", plan, folder, more=_insecure(plan, listen)),
        _frontend(
            "https", f"*:{listen.https_port} ssl crt-list {folder}/certificates alpn h2,http/1.1", "https", plan, folder
        ),
    ]
    for ref, servers in plan.backends.items():
        parts.append(_backend(ref))
        parts += [server_line(server) for server in servers] if with_servers else []
    return "".join((*parts, _NOTHING))


def _insecure(plan: Plan, listen: ListenSettings) -> list[str]:
    """Return what is done with requests without TLS for backends that want it."""
    port = "" if listen.https_port == 443 else f":{listen.https_port}"
    location = f"https://%[req.hdr(host),field(1,:)]{port}%[pathq]"
    actions = {
        True: f"http-request redirect location {location} code 302",
        False: 'http-request return status 503 content-type text/plain string "503: this route is served with TLS only"',
    }
    lines = []
    for redirects, action in actions.items():
        names = [one.backend for one in plan.secured if one.redirects is redirects]
        if names:
            lines.append(f"{action} if {{ var(txn.backend) -m str {' '.join(names)} }}")
    return lines


def _frontend(name: str, bind: str, scheme: str, plan: Plan, folder: str, *, more: Sequence[str] = ()) -> str:
    lookups = routing.lookups(plan, folder)
    lines = [
        f"bind {bind}",
        f"http-request disable-l7-retry if {{ fe_req_rate gt {BUSY_REQUESTS_PER_SECOND} }} or !{{ {_REPEATABLE} }}",
        f"http-request set-header X-Forwarded-Proto {scheme}",
        *lookups[:-1],
        *more,
        *lookups[-1:],
        f"default_backend {plan.default or 'nothing'}",
    ]
    return f"\nfrontend {name}\n" + "".join(f"\t{line}\n" for line in lines)


def _backend(ref: BackendRef) -> str:
    message = f'503: no endpoint of port {ref.port} of Service \\"{ref.service}\\" in namespace \\"{ref.namespace}\\" is ready\\n'
    return f'\nbackend {ref.name}\n\thttp-error status 503 content-type text/plain string "{message}"\n'


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
