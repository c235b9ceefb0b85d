"""The files that options name: checked before a start remembers them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bouvier.daemons.settings import Options

NONE = "none"


def check_files(options: Options) -> None:
    """Read every file that an option names.

    Raises:
        ValueError: one cannot be used; names the option, the file and the field.

    """
    # What reads them is loaded for those who name a file.
    if options.audit_policy_file:
        from bouvier.apiserver.audit.setup import policy_of  # noqa: PLC0415

        _checked("--audit-policy-file", lambda: policy_of(options.audit_policy_file))
    if options.audit_webhook_config_file not in ("", NONE):
        from bouvier.apiserver.audit.webhook_config import read_target  # noqa: PLC0415

        _checked("--audit-webhook-config-file", lambda: read_target(Path(options.audit_webhook_config_file)))
    if options.encryption_provider_config not in ("", NONE):
        from bouvier.apiserver.sealing.configuration import read_configuration  # noqa: PLC0415

        _checked("--encryption-provider-config", lambda: read_configuration(Path(options.encryption_provider_config)))


def _checked(option: str, read: Callable[[], object]) -> None:
    try:
        read()
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None
