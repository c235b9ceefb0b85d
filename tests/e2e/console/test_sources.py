"""The web application's own checks and tests, run by its own tools."""

import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[3] / "console"


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_sources_pass(built_console: None, script: str) -> None:
    """Types, format and unit tests of the web application are in order."""
    done = subprocess.run(["npm", "run", "--silent", script], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
