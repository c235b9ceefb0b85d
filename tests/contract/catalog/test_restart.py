"""The controllers' process is killed in the midst of things: the next one goes on from there."""

import asyncio
from pathlib import Path

from bouvier.kinds.catalog_v1.releases import RESOURCE as RELEASES
from bouvier.meta.objects import uid_of
from bouvier.meta.resources import JOBS
from tests.contract.catalog.conftest import Catalogs, controllers, write
from tests.contract.catalog.test_releases import HOOKS, TINY, finish_job
from tests.contract.controllers.world import NAMESPACE, world


async def test_an_installation_is_gone_on_with(tmp_path: Path) -> None:
    """A hook that ran is not run again; the rest of the stages follows; there is one revision."""
    source = write(tmp_path / "source", HOOKS | TINY)
    async with world(tmp_path) as made:
        catalog = Catalogs(made, tmp_path)
        async with controllers(made, tmp_path / "catalogs", None):
            await catalog.add("farm", folder=str(source))
            await catalog.install("rel", catalog="farm", entry="hooked")
            await finish_job(catalog, "pre-install")
            job = await made.object(JOBS, "rel-post-install", lambda _job: True)
        await finish_job(catalog, "post-install")

        async with controllers(made, tmp_path / "other", None):
            release = await catalog.ready("rel")
            assert [one["status"] for one in release["status"]["history"]] == ["deployed"]
            again = await made.object(JOBS, "rel-post-install", lambda _job: True)
            assert uid_of(again) == uid_of(job)
            assert await catalog.config("rel") == {"a": "b"}

            await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
            await made.object(JOBS, "rel-pre-delete", lambda _job: True)
        async with controllers(made, tmp_path / "third", None):
            await finish_job(catalog, "pre-delete")
            await made.gone(RELEASES, "rel")


async def test_killed_at_any_moment_of_an_upgrade(tmp_path: Path) -> None:
    """Whenever the process ends, the next one brings the release to its spec, with one revision for each."""
    source = write(tmp_path / "source", TINY)
    async with world(tmp_path) as made:
        catalog = Catalogs(made, tmp_path)
        async with controllers(made, tmp_path / "catalogs", None):
            await catalog.add("farm", folder=str(source))
            await catalog.install("rel", catalog="farm", entry="tiny", historyLimit=50)
            await catalog.ready("rel")
        for turn in range(6):
            await catalog.change("rel", values={"count": turn + 10})
            async with controllers(made, tmp_path / "catalogs", None):
                await asyncio.sleep(0.15 * turn)  # another moment each time: nothing is waited for
        async with controllers(made, tmp_path / "catalogs", None):
            release = await catalog.ready("rel")

        assert (await catalog.config("rel-tiny") or {})["n"] == "45"
        generations = release["metadata"]["generation"]
        assert len(release["status"]["history"]) <= generations
        assert release["status"]["history"][-1]["status"] == "deployed"
