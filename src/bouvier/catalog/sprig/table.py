"""Every function of sprig in one table."""

from __future__ import annotations

from bouvier.catalog.gotemplate.functions import Function
from bouvier.catalog.sprig import (
    dates,
    defaults,
    encoding,
    expressions,
    late,
    lists,
    maps,
    numbers,
    passwords,
    semver,
    texts,
)

FUNCTIONS: dict[str, Function] = {
    **texts.FUNCTIONS,
    **defaults.FUNCTIONS,
    **lists.FUNCTIONS,
    **maps.FUNCTIONS,
    **numbers.FUNCTIONS,
    **dates.FUNCTIONS,
    **encoding.FUNCTIONS,
    **expressions.FUNCTIONS,
    **passwords.FUNCTIONS,
    **late.FUNCTIONS,
    **semver.FUNCTIONS,
}
