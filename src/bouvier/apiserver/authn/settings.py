"""How the API server recognises who calls, beyond its own tokens: files and options, read again when a file changes.

Options have the names that Kubernetes gives them. A file that cannot be used at the start is an error; one that becomes
unusable later is logged and the former configuration stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bouvier.apiserver.admission.configuration import PodSecuritySettings
from bouvier.apiserver.admission.configuration import parse as parse_admission
from bouvier.apiserver.authn.oidc.configuration import (
    Configuration,
    ConfigurationError,
    from_options,
    parse,
)
from bouvier.apiserver.authn.proxies import ProxySettings
from bouvier.apiserver.authz.configuration import DEFAULT_STEPS, Step
from bouvier.apiserver.authz.configuration import parse as parse_steps
from bouvier.apiserver.webhook_file import WebhookClient
from bouvier.util.api_options import OPTIONS

log = structlog.get_logger(__name__)
ADMISSION = "admission-control-config-file"
LOOK_SECONDS = 1.0
"""How often the file's time is compared: a stat, some µs."""
Options = Mapping[str, str | Sequence[str]]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Authentication:
    """The options that were given, by name."""

    options: Options = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the value of an option, empty when it was not given."""
        value = self.options.get(name) or ""
        return value if isinstance(value, str) else ",".join(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of an option that may be repeated; commas separate too."""
        value = self.options.get(name) or ()
        values = [value] if isinstance(value, str) else value
        return tuple(part.strip() for each in values for part in each.split(",") if part.strip())

    def configuration(self) -> Configuration:
        """Read file or options.

        Raises:
            ConfigurationError: they cannot be used.

        """
        path = self.text("authentication-config")
        simple: dict[str, Any] = {
            name.removeprefix("oidc-"): (self.texts(name) if OPTIONS[name][1] else self.text(name))
            for name in OPTIONS
            if name.startswith("oidc-")
        }
        if not path:
            return from_options(simple | {"ca-file": "", "ca": _file(simple["ca-file"], "--oidc-ca-file")})
        if any(simple.values()):
            raise ConfigurationError("--authentication-config and --oidc-* options exclude each other")
        return _read(Path(path), "--authentication-config", parse)

    def proxies(self, own: ProxySettings) -> ProxySettings:
        """Return which proxies are believed: those of the named authority, else our own."""
        authority = _file(self.text("requestheader-client-ca-file"), "--requestheader-client-ca-file")
        settings = replace(own, authority_pem=authority, allowed_names=()) if authority else own
        return ProxySettings(
            settings.authority_pem,
            self.texts("requestheader-allowed-names") or settings.allowed_names,
            self.texts("requestheader-username-headers") or settings.username_headers,
            self.texts("requestheader-group-headers") or settings.group_headers,
            self.texts("requestheader-uid-headers") or settings.uid_headers,
            self.texts("requestheader-extra-headers-prefix") or settings.extra_prefixes,
        )

    def steps(self) -> tuple[Step, ...]:
        """Read who decides what is allowed.

        Raises:
            ConfigurationError: the file cannot be used.

        """
        path = self.text("authorization-config")
        return _read(Path(path), "--authorization-config", parse_steps) if path else DEFAULT_STEPS

    def pod_security(self) -> PodSecuritySettings:
        """Read the levels of namespaces that name none. Raises: ConfigurationError."""
        path, option = self.text(ADMISSION), f"--{ADMISSION}"
        return _read(Path(path), option, parse_admission) if path else PodSecuritySettings()

    def check(self) -> None:
        """Read everything that the options name. Raises: ValueError for the first that cannot be used."""
        self.configuration()
        self.proxies(ProxySettings())
        self.pod_security()
        webhooks = [step.file for step in self.steps() if not isinstance(step, str)]
        token_webhook = self.text("authentication-token-webhook-config-file")
        for path in (*webhooks, *((Path(token_webhook),) if token_webhook else ())):
            WebhookClient(path)

    async def follow(self, option: str, take: Callable[[], None]) -> None:
        """Call `take` whenever the file of an option changes, until cancelled; what it refuses is logged."""
        path = self.text(option)
        if not path:
            return
        seen = _time(Path(path))
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = _time(Path(path))
            if now == seen:
                continue
            seen = now
            try:
                take()
                log.info("a configuration was read again", option=option)
            except ValueError as error:
                log.warning("the former configuration stays in use", option=option, error=str(error))


def _file(path: str, option: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text()
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: {error.strerror}") from None


def _time(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino


def _read(path: Path, option: str, parse_document: Callable[[Any], Result]) -> Result:
    import yaml  # noqa: PLC0415 - only where such a file is named

    try:
        return parse_document(yaml.safe_load(path.read_text()))
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{option} {path}: {error}") from None
    except (TypeError, AttributeError, KeyError):
        raise ConfigurationError(f"{option} {path}: a field has another type than it should") from None
