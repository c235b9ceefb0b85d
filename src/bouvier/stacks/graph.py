"""The graph of a stack: services, and what each needs. As text or for Graphviz. Pure."""

from __future__ import annotations

from bouvier.stacks.build import StackPlan
from bouvier.stacks.compose.ordering import ordered


def as_text(plan: StackPlan) -> str:
    """Return one line a service, in the order in which they start."""
    order = ordered({name: service.needs for name, service in plan.services.items()})
    width = max(map(len, order), default=0)
    lines = []
    for name in order:
        needs = ", ".join(sorted(plan.services[name].needs))
        lines.append(f"{name.ljust(width)}  → {needs}" if needs else name)
    return "\n".join(lines) + "\n"


def as_dot(name: str, plan: StackPlan) -> str:
    """Return the graph in Graphviz' language."""
    lines = [f'digraph "{name}" {{', "  rankdir=LR;", "  node [shape=box];"]
    for service in plan.services.values():
        kind = service.workload["kind"]
        lines.append(f'  "{service.name}" [label="{service.name}\\n{kind}"];')
        lines += [f'  "{service.name}" -> "{need}";' for need in sorted(service.needs)]
    return "\n".join([*lines, "}"]) + "\n"
