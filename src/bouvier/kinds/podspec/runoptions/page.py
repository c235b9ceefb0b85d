"""The documentation's table of options: `python -m bouvier.kinds.podspec.runoptions.page > docs/run-options.md`."""

from __future__ import annotations

import sys

from bouvier.kinds.podspec.runoptions.extended import SPELLINGS
from bouvier.kinds.podspec.runoptions.native import PREFIX
from bouvier.kinds.podspec.runoptions.option import Option, Place
from bouvier.kinds.podspec.runoptions.table import OPTIONS

_HEAD = f"""# Options of docker run

`bouvier run` and `bouvier convert` know every option of `docker run`. Where Kubernetes has a field, the option is that
field. Elsewhere it stands in the pod's annotation `{PREFIX}NAME` (NAME: the container), a JSON object of option and
value, in docker's spelling:

    {PREFIX}web: '{{"ulimit": ["nofile=1024:2048"], "pids-limit": 100}}'

The API refuses an unknown option or a value of the wrong form with its path; what the engine of the host refuses is
shown as the container's reason.

| option | form | takes effect in | Compose key | |
|---|---|---|---|---|
"""
_PLACES = {
    Place.FIELD: "`{}`",
    Place.CONTAINER: "engine: `{}`",
    Place.SANDBOX: "engine, the pod's sandbox: `{}`",
    Place.COMMAND: "the command: {}",
    Place.REFUSED: "refused",
}


def page() -> str:
    """Return the page."""
    rows = "".join(_row(option) for option in OPTIONS.values())
    also = ", ".join(f"`{option.name}`" for option in SPELLINGS)
    tail = (
        f"\nValues that the field cannot hold, such as users by name and named volumes, go to the engine too: {also}.\n"
    )
    return _HEAD + rows + tail


def _row(option: Option) -> str:
    names = f"`--{option.name}`" + (f" `-{option.short}`" if option.short else "")
    compose = f"`{option.compose}`" if option.compose else ""
    text = option.help.replace("|", "\\|")
    return f"| {names} | {option.form.value} | {_PLACES[option.place].format(option.where)} | {compose} | {text} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
