"""Revisions of a Deployment."""

from typing import Any

import pytest

from bouvier.cli.errors import CommandError
from bouvier.cli.revisions import choose, revisions_of

DEPLOYMENT: dict[str, Any] = {"kind": "Deployment", "metadata": {"name": "web", "uid": "d"}}


def replica_set(revision: int, image: str, owner: str = "d") -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web", "pod-template-hash": str(revision)}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }
    metadata = {
        "name": f"web-{revision}",
        "annotations": {"deployment.kubernetes.io/revision": str(revision)},
        "ownerReferences": [{"uid": owner, "controller": True}],
    }
    return {"metadata": metadata, "spec": {"template": template}}


def test_the_revision_before_the_present_one_is_chosen() -> None:
    """Order follows the number, not the list; others' ReplicaSets do not count."""
    sets = [replica_set(10, "c:1"), replica_set(2, "a:1"), replica_set(9, "b:1"), replica_set(11, "x:1", owner="other")]
    chosen = choose(revisions_of(DEPLOYMENT, sets), None, "web")

    assert (chosen.number, chosen.images) == (9, "b:1")
    assert chosen.template["metadata"]["labels"] == {"app": "web"}
    assert "pod-template-hash" in sets[2]["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize(("wanted", "words"), [(7, "no revision 7"), (2, "is at revision 2 already")])
def test_an_impossible_revision_is_refused_with_the_possible_ones(wanted: int, words: str) -> None:
    """The refusal lists what there is."""
    revisions = revisions_of(DEPLOYMENT, [replica_set(1, "a:1"), replica_set(2, "a:2")])
    with pytest.raises(CommandError, match=words) as refused:
        choose(revisions, wanted, "web")

    assert "1 (a:1); 2 (a:2)" in refused.value.advice


def test_a_first_revision_has_nothing_before_it() -> None:
    """A rollback of what was never changed is refused."""
    with pytest.raises(CommandError, match="no earlier revision"):
        choose(revisions_of(DEPLOYMENT, [replica_set(1, "a:1")]), None, "web")
