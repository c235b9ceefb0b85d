"""One platform with its console for all tests of this folder."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bouvier.console.files import FOLDER
from tests.e2e.console.site import CHROMIUM, Site, site

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def built_console() -> None:
    """Build the console if `make install` has not."""
    if not Path(CHROMIUM).exists() or shutil.which("npm") is None:
        pytest.skip("needs chromium and Node")
    if not (FOLDER / "index.html").exists() or not (ROOT / "console" / "node_modules" / "axe-core").exists():
        subprocess.run([ROOT / "tools" / "build-console"], check=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(built_console: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Return the platform; each test uses objects and browser profiles of its own."""
    async with site(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def console(shared: Site) -> AsyncIterator[Site]:
    """Return the platform, and close what the test opened; a script error fails the test."""
    shared.troubles.clear()
    yield shared
    for context in shared.browser.contexts:
        await context.close()
    assert shared.troubles == []
