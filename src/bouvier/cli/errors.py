"""Errors as users read them: one line of what, one line of what to do."""

from __future__ import annotations

import os


class CommandError(Exception):
    """The command cannot do what was asked."""

    def __init__(self, what: str, advice: str = "", exit_code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"error: {self.what}" + (f"\n  {self.advice}" if self.advice else "")


ADVICE_BY_REASON = {
    "NotFound": "see what there is: bouvier ps",
    "AlreadyExists": "choose another --name, or remove it first: bouvier rm NAME",
    "Unauthorized": "the kubeconfig does not belong to this platform: name the right one by --data-dir",
    "Forbidden": "ask an administrator for the role, or use the administrator's kubeconfig",
    "Conflict": "it was changed at the same moment: try again",
}


def explain(error: Exception) -> str:
    """Return the text for an error that no command has made its own."""
    from bouvier.meta.errors import ApiError  # noqa: PLC0415 - only when something failed

    if isinstance(error, ApiError):
        return str(CommandError(error.message, ADVICE_BY_REASON.get(error.reason, "")))
    if isinstance(error, ConnectionError):
        return str(CommandError(f"the API does not answer: {error}", "is the platform running?  bouvier status"))
    if isinstance(error, (ValueError, OSError)):
        return str(CommandError(str(error)))
    if os.environ.get("BOUVIER_DEBUG"):
        import traceback  # noqa: PLC0415 - only when asked for

        return "".join(traceback.format_exception(error))
    return str(CommandError(f"{type(error).__name__}: {error}", "set BOUVIER_DEBUG=1 to see where it comes from"))
