"""The functions that expressions may call: CEL's own and Kubernetes' libraries."""

from __future__ import annotations

from bouvier.meta.cel.functions import Functions, gathered
from bouvier.meta.cel.library import (
    addresses,
    authorizers,
    conversions,
    formats,
    lists,
    operators,
    optionals,
    quantities,
    regexes,
    semvers,
    strings,
    times,
    urls,
)

LIBRARIES = (
    operators.FUNCTIONS,
    conversions.FUNCTIONS,
    times.FUNCTIONS,
    strings.FUNCTIONS,
    lists.FUNCTIONS,
    regexes.FUNCTIONS,
    urls.FUNCTIONS,
    addresses.FUNCTIONS,
    quantities.FUNCTIONS,
    semvers.FUNCTIONS,
    formats.FUNCTIONS,
    optionals.FUNCTIONS,
    authorizers.FUNCTIONS,
)
STANDARD: Functions = gathered(*LIBRARIES)
"""What every expression of Kubernetes may use."""
