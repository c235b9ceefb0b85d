"""From an administrator's options to a working audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bouvier.apiserver.audit.auditor import Auditor
from bouvier.apiserver.audit.default_policy import DEFAULT_POLICY
from bouvier.apiserver.audit.log_file import AuditLog, Rotation
from bouvier.apiserver.audit.policy import Policy, parse_policy, read_policy
from bouvier.apiserver.audit.webhook import AuditWebhook
from bouvier.apiserver.audit.webhook_config import read_target

OFF, DEFAULT = "none", "default"
"""Words that stand in place of a policy file."""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What is recorded, and where it goes."""

    policy_file: str = DEFAULT
    """A file, `default`, or `none` for no audit at all."""
    log_path: Path | None = None
    rotation: Rotation = field(default_factory=Rotation)
    webhook_file: str = ""


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
    """Return the policy of a file or of one of the two words; None for no audit.

    Raises:
        ValueError: the file is wrong.

    """
    if name == OFF:
        return None
    return parse_policy(DEFAULT_POLICY) if name in ("", DEFAULT) else read_policy(Path(name))
