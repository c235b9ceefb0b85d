"""`.helmignore`: which files of a chart's folder are not part of the chart.

Source: https://helm.sh/docs/chart_template_guide/helm_ignore_file/
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from bouvier.catalog.helm.errors import ChartError

ALWAYS = ("templates/.?*",)
"""Hidden files among the templates, such as an editor's."""


class IgnoreRules:
    """The rules of one `.helmignore`."""

    def __init__(self, text: str = "") -> None:
        """Parse rules.

        Raises:
            ChartError: a rule with `**`, which Helm refuses too.
        """
        lines = [*ALWAYS, *(line.strip() for line in text.splitlines())]
        self._rules = [line for line in lines if line and not line.startswith("#")]
        if any("**" in rule for rule in self._rules):
            raise ChartError(".helmignore: ** is not supported; name the folder with a slash at its end")

    def ignores(self, path: str) -> bool:
        """Tell whether the file at a path within the chart, or a folder that it is in, is left out."""
        parts = path.split("/")
        folders = ["/".join(parts[: count + 1]) for count in range(len(parts) - 1)]
        return any(self._matches(folder, is_folder=True) for folder in folders) or self._matches(path, is_folder=False)

    def _matches(self, path: str, *, is_folder: bool) -> bool:
        for rule in self._rules:
            pattern, negated = rule.removeprefix("!"), rule.startswith("!")
            if pattern.endswith("/"):
                if not is_folder:
                    continue
                pattern = pattern.rstrip("/")
            if pattern.startswith("/"):
                found = _same_depth(path, pattern[1:])
            elif "/" in pattern:
                found = _same_depth(path, pattern)
            else:
                found = fnmatchcase(path.rpartition("/")[2], pattern)
            if found != negated:
                return True
        return False


def _same_depth(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
