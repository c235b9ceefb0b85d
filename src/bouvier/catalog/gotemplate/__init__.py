"""Go's text templates: lexer, parser and evaluator, sandboxed by limits; the functions of sprig beside them.

`TemplateSet` is the door: parse sources into it, then execute one of its templates with data made of dicts, lists,
texts, numbers and booleans.
"""

from bouvier.catalog.gotemplate.errors import FunctionError, LimitError, TemplateError
from bouvier.catalog.gotemplate.functions import Function, FunctionTable
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.templates import TemplateSet

__all__ = ["Function", "FunctionError", "FunctionTable", "LimitError", "Limits", "TemplateError", "TemplateSet"]
