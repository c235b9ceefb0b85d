"""The files that options of the API server name: read before a start remembers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NONE = "none"


def check_files(options: Mapping[str, Sequence[str]]) -> None:
    """Read what audit and sealing options name.

    Raises:
        ValueError: something cannot be used; names the option, the file and the field.

    """
    named = {name: values[-1] for name, values in options.items() if values and values[-1] not in ("", NONE)}
    # What reads the files is loaded for those who name one.
    if any(name.startswith("audit-") for name in named):
        from bouvier.apiserver.audit.setup import audit_settings, policy_of  # noqa: PLC0415
        from bouvier.apiserver.audit.webhook_config import read_target  # noqa: PLC0415

        audit_settings(named, Path())
        _checked(named, "audit-policy-file", policy_of)
        _checked(named, "audit-webhook-config-file", lambda file: read_target(Path(file)))
    if "encryption-provider-config" in named:
        from bouvier.apiserver.sealing.configuration import read_configuration  # noqa: PLC0415

        _checked(named, "encryption-provider-config", lambda file: read_configuration(Path(file)))


def _checked(named: Mapping[str, str], option: str, read: Callable[[str], object]) -> None:
    if option not in named:
        return
    try:
        read(named[option])
    except ValueError as error:
        raise ValueError(f"--{option}: {error}") from None
