"""Compose templates of catalogs become Stacks: where the catalog and the stacks, who do not know each other, meet."""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.catalog.compose import ComposeError, ComposeObjects, ComposeRequest
from bouvier.stacks.build import plan_of, source_of, stack_object
from bouvier.stacks.errors import StackError

NOT_FOR_STACKS = ("docker-compose", "rancher-compose", "compose.", "README", "readme", "catalogIcon", "config.yml")
"""Beginnings of the names of files that no stack refers to."""


class StackRenderer:
    """Makes one Stack of a template's texts, checked as the stack's own controller would."""

    def render(self, request: ComposeRequest) -> ComposeObjects:
        """Return the Stack.

        Raises:
            ComposeError: the texts are no stack.
        """
        stack = stack_object(
            request.name,
            request.namespace,
            request.compose,
            request.rancher_compose,
            request.answers,
            files=_texts(request.files),
        )
        try:
            plan = plan_of(request.name, source_of(stack["spec"]))
        except StackError as error:
            raise ComposeError(str(error)) from None
        ignored = [f"{one.path}: {one.reason}" for one in plan.ignored]
        return ComposeObjects([stack], ignored, [*(one.workload for one in plan.services.values()), *plan.others])


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    texts = {}
    for path, content in files.items():
        if path.startswith(NOT_FOR_STACKS):
            continue
        try:
            texts[path] = content.decode()
        except UnicodeDecodeError:
            continue  # a picture or the like: a stack refers to texts only
    return texts
