"""Helm itself on our API server: it reads and rolls back what we installed, and installs by itself."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bouvier.meta.resources import CONFIGMAPS
from tests.contract.catalog.conftest import Catalogs, catalog, renderer, write  # noqa: F401 - fixtures
from tests.contract.catalog.test_releases import TINY
from tests.contract.controllers.world import NAMESPACE

helm_python = pytest.importorskip("helm_python", reason="needs Helm's SDK: pip install helm-python-sdk")


async def helm(catalog: Catalogs, action: str, *words: Any, **options: Any) -> Any:  # noqa: F811
    """Do something with Helm, on a thread."""

    def act() -> Any:
        with helm_python.Config(kubeconfig_path=catalog.world.api.kubeconfig, namespace=NAMESPACE) as config:
            return getattr(config, action)(*words, **options)

    return await asyncio.to_thread(act)


async def numbers(catalog: Catalogs) -> list[str]:  # noqa: F811
    """Return the values that Helm's installation has; the key `n` becomes `false` in its YAML."""
    return list((await catalog.admin.get(CONFIGMAPS, "own-tiny", NAMESPACE))["data"].values())


async def test_helm_reads_our_releases(catalog: Catalogs) -> None:  # noqa: F811
    """History, values, manifest and status of a release, as Helm shows them."""
    await catalog.add("farm", folder=str(write(catalog.folder / "source", TINY)))
    await catalog.install("rel", catalog="farm", entry="tiny", values={"count": 5})
    await catalog.ready("rel")
    await catalog.change("rel", values={"count": 6})
    await catalog.ready("rel")

    history = await helm(catalog, "history", "rel")
    assert [(one["revision"], one["status"]) for one in history] == [(1, "superseded"), (2, "deployed")]
    assert await helm(catalog, "get_values", "rel") == {"count": 6}
    assert 'n": "18"' in (await helm(catalog, "get_all", "rel"))["summary"]["manifest"]


async def test_helm_installs_upgrades_and_removes_by_itself(catalog: Catalogs, tmp_path: Path) -> None:  # noqa: F811
    """The platform's API is one that Helm works with."""
    chart = write(tmp_path / "charts", TINY) / "tiny"
    await helm(catalog, "install", chart, "own", {"count": 7})
    assert "21" in await numbers(catalog)
    await helm(catalog, "upgrade", chart, "own", {"count": 8})
    assert "24" in await numbers(catalog)
    await helm(catalog, "uninstall", "own")
    assert await catalog.config("own-tiny") is None
