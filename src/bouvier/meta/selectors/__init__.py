"""Label and field selectors: parse once, match on every event."""

from bouvier.meta.selectors.fields import FieldRequirement, FieldSelector, parse_field_selector
from bouvier.meta.selectors.labels import EVERYTHING, NOTHING, LabelSelector, from_object
from bouvier.meta.selectors.parse import parse_label_selector
from bouvier.meta.selectors.requirement import Requirement, make_requirement

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "FieldRequirement",
    "FieldSelector",
    "LabelSelector",
    "Requirement",
    "from_object",
    "make_requirement",
    "parse_field_selector",
    "parse_label_selector",
]
