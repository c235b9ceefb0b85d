"""Lock files name versions, never where they come from."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [path for path in (ROOT / "constraints.txt", ROOT / "console" / "package-lock.json") if path.exists()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_no_address_is_locked(lock: Path) -> None:
    """Whoever installs chooses the index; a lock file with an address would choose for them."""
    assert "://" not in lock.read_text()


def test_versions_are_exact() -> None:
    """Every Python package has one version."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert [line for line in lines if "==" not in line.partition(";")[0]] == []
