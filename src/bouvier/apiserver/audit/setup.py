"""From an administrator's options to a working audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bouvier.apiserver.audit.auditor import Auditor
from bouvier.apiserver.audit.default_policy import DEFAULT_POLICY
from bouvier.apiserver.audit.log_file import AuditLog, Rotation
from bouvier.apiserver.audit.policy import Policy, parse_policy, read_policy
from bouvier.apiserver.audit.webhook import AuditWebhook
from bouvier.apiserver.audit.webhook_config import read_target

OFF = "none"
"""Stands in place of a policy file: record nothing."""
Options = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What is recorded, and where it goes."""

    policy_file: str = ""
    """Empty for the policy of the platform, `none` for no audit at all."""
    log_path: Path | None = None
    rotation: Rotation = field(default_factory=Rotation)
    webhook_file: str = ""


def audit_settings(options: Options, log_path: Path) -> AuditSettings:
    """Return what options of the API server ask for; `log_path` is the platform's own file.

    Raises:
        ValueError: a number is none; names the option.

    """
    named, webhook = _text(options, "audit-log-path"), _text(options, "audit-webhook-config-file")
    usual = Rotation()
    rotation = Rotation(
        _number(options, "audit-log-maxsize", usual.max_megabytes, 1),
        _number(options, "audit-log-maxbackup", usual.max_backups, 0),
        _number(options, "audit-log-maxage", usual.max_age_days, 0),
    )
    return AuditSettings(
        _text(options, "audit-policy-file"),
        Path(named) if named else log_path,
        rotation,
        "" if webhook == OFF else webhook,
    )


def _text(options: Options, name: str) -> str:
    value = options.get(name) or ""
    return value if isinstance(value, str) else value[-1]


def _number(options: Options, name: str, default: int, least: int) -> int:
    text = _text(options, name)
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"--{name} {text}: expected a number from {least} on")
    return int(text)


@dataclass(slots=True)
class Audit:
    """The parts of one server's audit."""

    auditor: Auditor
    log: AuditLog | None = None
    webhook: AuditWebhook | None = None

    async def close(self) -> None:
        """Write and post what waits."""
        self.auditor.flush()
        for sink in (self.log, self.webhook):
            if sink is not None:
                await sink.close()

    def metrics(self) -> Iterator[str]:
        """Yield the lines of the counters in Prometheus' text format."""
        yield "# TYPE apiserver_audit_event_total counter"
        yield f"apiserver_audit_event_total {self.auditor.event_count}"
        yield "# TYPE apiserver_audit_error_total counter"
        for sink in (self.log, self.webhook):
            if sink is not None:
                yield f'apiserver_audit_error_total{{plugin="{sink.batcher.name}"}} {sink.batcher.dropped}'


def open_audit(settings: AuditSettings) -> Audit:
    """Return the audit that the settings ask for; nothing is opened before the first event.

    Raises:
        ValueError: the policy or the webhook's file is wrong; names file and field.

    """
    policy = policy_of(settings.policy_file)
    if policy is None:
        return Audit(Auditor())
    log = AuditLog(settings.log_path, settings.rotation) if settings.log_path else None
    webhook = AuditWebhook(read_target(Path(settings.webhook_file))) if settings.webhook_file else None
    sinks = [sink for sink in (log, webhook) if sink is not None]
    return Audit(Auditor(policy, sinks), log, webhook)


def policy_of(name: str) -> Policy | None:
    """Return the policy of a file, or the platform's own; None for no audit.

    Raises:
        ValueError: the file is wrong.

    """
    if name == OFF:
        return None
    return read_policy(Path(name)) if name else parse_policy(DEFAULT_POLICY)
