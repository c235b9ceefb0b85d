"""The form of a cron schedule: five fields, or a word such as `@daily`, or `@every` and a duration.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import re

_WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_EVERY = re.compile(r"@every ([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+")
_MONTHS = {
    name: index
    for index, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = {name: index for index, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)


def schedule_error(text: str) -> str:
    """Return what is wrong with a schedule, empty when nothing is."""
    if text.startswith("@"):
        return "" if text in _WORDS or _EVERY.fullmatch(text) else f"unrecognized descriptor: {text}"
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]"
    for part, (low, high, words) in zip(parts, _FIELDS, strict=True):
        for item in part.split(","):
            problem = _item_error(item, low, high, words)
            if problem:
                return problem
    return ""


def _item_error(item: str, low: int, high: int, words: dict[str, int]) -> str:
    span, slash, step = item.partition("/")
    if slash and not (step.isdecimal() and len(step) < 10 and int(step)):
        return f"step of range should be a positive number: {item}"
    if span in ("*", "?"):
        return ""
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, words)
    last = _number(last_text, words) if dash else first
    if first is None or last is None:
        return f"failed to parse int from {first_text if first is None else last_text}"
    return _range_error(item, first, last, low, high)


def _range_error(item: str, first: int, last: int, low: int, high: int) -> str:
    if first < low:
        return f"beginning of range ({first}) below minimum ({low}): {item}"
    if last > high:
        return f"end of range ({last}) above maximum ({high}): {item}"
    if first > last:
        return f"beginning of range ({first}) beyond end of range ({last}): {item}"
    return ""


def _number(text: str, words: dict[str, int]) -> int | None:
    if text.lower() in words:
        return words[text.lower()]
    return int(text) if text.isdecimal() and len(text) < 10 else None
