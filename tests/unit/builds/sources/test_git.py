"""Fetching commits: from real repositories, with complaints that help."""

from pathlib import Path

import pytest

from bouvier.builds.sources.git import Commit, GitError, Repository, explain, fetch
from tests.e2e.platform.sources import Repository as Bare


async def fetched(tmp_path: Path, repository: Repository, name: str = "out") -> tuple[Commit, Path]:
    folder = tmp_path / name
    return await fetch(repository, folder, tmp_path / f"{name}-private", lambda _: None), folder


async def test_branch_tag_commit_and_default(tmp_path: Path) -> None:
    """The newest commit of the default branch, unless another one is named."""
    made = Bare(tmp_path)
    first = made.push(a="1")
    second = made.push(a="2")
    uri = str(made.bare)
    commit, folder = await fetched(tmp_path, Repository(uri))
    assert (commit.id, commit.message, (folder / "a").read_text()) == (second, "change", "2")
    commit, folder = await fetched(tmp_path, Repository(uri, "main", first), "old")
    assert (commit.id, (folder / "a").read_text()) == (first, "1")
    commit, _ = await fetched(tmp_path, Repository(uri, first[:10]), "short")
    assert commit.id == first
    assert commit.author["email"] == "a@b.example"


async def test_complaints_name_the_way_out(tmp_path: Path) -> None:
    """Empty, without that branch, not a repository: each is told in words."""
    made = Bare(tmp_path)
    with pytest.raises(GitError, match="has no commit yet"):
        await fetched(tmp_path, Repository(str(made.bare)))
    made.push(a="1")
    with pytest.raises(GitError, match="has no branch, tag or commit gone: name one"):
        await fetched(tmp_path, Repository(str(made.bare), "gone"), "b")
    with pytest.raises(GitError, match="is not a Git repository"):
        await fetched(tmp_path, Repository(str(tmp_path / "nothing")), "c")
    with pytest.raises(GitError, match="transport 'ext' not allowed"):
        await fetched(tmp_path, Repository("ext::sh -c true"), "d")


def test_credentials_are_asked_for_by_name() -> None:
    """A refusal says where the secret belongs."""
    text = "fatal: could not read Username for 'https://x': terminal prompts disabled"
    assert "spec.source.sourceSecret" in explain(text, Repository("https://x"))
