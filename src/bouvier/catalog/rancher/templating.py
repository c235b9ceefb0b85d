"""The texts of a compose template with answers: the pass of Go templates, before `${…}` is replaced.

Files named `.tpl` are templates, unless they say `# notemplating`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bouvier.catalog.entries import CatalogError, Package
from bouvier.catalog.gotemplate import TemplateSet
from bouvier.catalog.rancher.layout import COMPOSE_NAMES, RANCHER_NAMES
from bouvier.catalog.sprig.table import FUNCTIONS

OPT_OUT = "# notemplating"


class StackFacts(NamedTuple):
    """`.Stack` and `.Release` in templates, and `.Environment.Name`."""

    name: str
    version: str
    previous_version: str = ""
    environment: str = "Default"


class ComposeTexts(NamedTuple):
    """The two texts of a stack."""

    compose: str
    rancher_compose: str


def compose_texts(package: Package, answers: Mapping[str, str], stack: StackFacts) -> ComposeTexts:
    """Return the package's texts with templates filled in.

    Raises:
        CatalogError: there is no compose file.
        TemplateError: a template fails.
    """
    found = _first(package, COMPOSE_NAMES)
    if found is None:
        raise CatalogError(f"{package.name} {package.version} has no docker-compose.yml")
    other = _first(package, RANCHER_NAMES)
    return ComposeTexts(_filled(found, answers, stack), _filled(other, answers, stack) if other else "")


def _first(package: Package, names: tuple[str, ...]) -> tuple[str, str] | None:
    for name in names:
        if name in package.files:
            try:
                return name, package.files[name].decode("utf-8-sig")
            except UnicodeDecodeError:
                raise CatalogError(f"{package.name} {package.version}: {name} is not text in UTF-8") from None
    return None


def _filled(found: tuple[str, str], answers: Mapping[str, str], stack: StackFacts) -> str:
    name, text = found
    if not name.endswith(".tpl") or OPT_OUT in text:
        return text
    facts = {"Name": stack.name, "Version": stack.version, "PreviousVersion": stack.previous_version}
    context = {
        "Values": dict(answers),
        "Stack": facts,
        "Release": facts,
        "Environment": {"Name": stack.environment},
    }
    templates = TemplateSet(FUNCTIONS)
    templates.add(name, text)
    return templates.execute(name, context).replace("<no value>", "")
