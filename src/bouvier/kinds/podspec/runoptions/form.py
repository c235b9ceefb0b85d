"""The console's copy of the table: `python -m bouvier.kinds.podspec.runoptions.form > console/src/domain/runOptions.json`."""

from __future__ import annotations

import json
import sys

from bouvier.kinds.podspec.runoptions.option import Option
from bouvier.kinds.podspec.runoptions.table import OPTIONS


def form() -> str:
    """Return the options as JSON, one a line."""
    lines = ",\n".join(f"  {json.dumps(_described(option), ensure_ascii=False)}" for option in OPTIONS.values())
    return f"[\n{lines}\n]\n"


def _described(option: Option) -> dict[str, str]:
    facts = {
        "name": option.name,
        "form": option.form.value,
        "place": option.place.value,
        "where": option.where,
        "help": option.help,
        "short": option.short,
    }
    return {key: value for key, value in facts.items() if value}


if __name__ == "__main__":
    sys.stdout.write(form())
