"""The registry as the supervisor sees it. What it takes to run one is imported when it is started: reading that before
the engine and the API server were up would only make them wait.
"""

from __future__ import annotations

from pathlib import Path

from bouvier.daemons.forking import Started
from bouvier.daemons.service import Service
from bouvier.daemons.settings import Settings

NAME = "registry"


def registry_dir(settings: Settings) -> Path:
    """Return where images, configuration and certificate are kept."""
    return settings.data_dir / "registry"


def registry_service(settings: Settings) -> Service:
    """Return the registry for the supervisor: started at once where there are images, else when it is asked for."""
    return Service(
        NAME,
        lambda: _start(settings),
        needs=("apiserver",),
        answers=lambda: _is_listening(settings),
        is_wanted=registry_dir(settings).exists(),
    )


def _start(settings: Settings) -> Started:
    from bouvier.daemons.registry import start_registry  # noqa: PLC0415 - see above

    return start_registry(settings)


def _is_listening(settings: Settings) -> bool:
    from bouvier.daemons.registry import is_listening, registry_port  # noqa: PLC0415 - see above

    return is_listening(registry_port(settings))
