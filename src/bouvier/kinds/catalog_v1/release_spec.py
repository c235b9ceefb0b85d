"""What a release is made of: the part that Release and ReleasePreview share."""

from __future__ import annotations

from bouvier.kinds.catalog_v1.schemas import ANYTHING, NUMBER, TEXT, described
from bouvier.meta.errors import FieldError, invalid, required
from bouvier.meta.objects import Obj

LONGEST_NAME = 53
"""As Helm's: names of what charts make from it end at 63."""
LONGEST_TIMEOUT_SECONDS = 86_400
PROPERTIES = {
    "catalog": described(TEXT, "Name of the Catalog."),
    "entry": described(TEXT, "Name of the entry within it."),
    "version": described(TEXT, "Version; the newest when absent."),
    "archive": described(TEXT, "A chart's archive in base64, in place of catalog and entry."),
    "values": described(ANYTHING, "Answers by variable, or values of a chart."),
    "rollbackTo": described(NUMBER, "Be as this revision was, in place of everything above."),
    "serviceAccountName": described(TEXT, "Act with the rights of this account; absent: with the platform's."),
    "timeoutSeconds": described(NUMBER, "Longest time of a hook; 300 when absent."),
    "historyLimit": described(NUMBER, "How many revisions are kept; 10 when absent."),
}


def errors_of(spec: Obj) -> list[FieldError]:
    """Return what is wrong with a spec."""
    errors: list[FieldError] = []
    if spec.get("archive"):
        if spec.get("catalog") or spec.get("entry"):
            errors.append(invalid("spec.archive", "…", "must be empty when a catalog's entry is named"))
    elif not spec.get("rollbackTo"):
        errors += [required(f"spec.{name}") for name in ("catalog", "entry") if not spec.get(name)]
    for name, lowest, highest in (
        ("rollbackTo", 1, 2**31),
        ("timeoutSeconds", 1, LONGEST_TIMEOUT_SECONDS),
        ("historyLimit", 1, 1000),
    ):
        value = spec.get(name)
        if value is not None and not lowest <= value <= highest:
            errors.append(invalid(f"spec.{name}", value, f"must be between {lowest} and {highest}"))
    return errors
