"""The numbered history of templates."""

import json

from bouvier.controllers.workloads.revisions import expired, present, template_of
from tests.unit.controllers.making import deployment, template


def stored(revision, number=None):
    made = {**revision, "metadata": {**revision["metadata"], "uid": "u" + revision["metadata"]["name"]}}
    return made if number is None else {**made, "revision": number}


def test_a_new_template_gets_the_next_number_and_the_same_one_none():
    """Defaults that mean nothing do not make another revision."""
    first = present(deployment(image="web:1"), [])
    assert first.is_new
    assert first.revision["revision"] == 1
    history = [stored(first.revision)]
    again = present(deployment(image="web:1"), history)
    assert not again.is_new
    assert not again.is_renumbered
    second = present(deployment(image="web:2"), history)
    assert second.is_new
    assert second.revision["revision"] == 2
    assert second.revision["metadata"]["name"] != first.revision["metadata"]["name"]


def test_going_back_brings_the_old_revision_to_the_top():
    """Undo does not keep the same template twice."""
    history = [stored(present(deployment(image=f"web:{n}"), []).revision, n) for n in (1, 2)]
    back = present(deployment(image="web:1"), history)
    assert back.is_renumbered
    assert back.revision["revision"] == 3
    assert template_of(back.revision) == template("web:1")


def test_the_patch_replaces_the_template():
    """What is kept is what `kubectl rollout undo` sends: it must not be merged into the newer template."""
    made = present(deployment(), []).revision
    assert made["data"]["spec"]["template"]["$patch"] == "replace"


def test_the_patch_is_written_in_the_order_that_kubectl_compares():
    """Fields are sorted at every depth, lists keep their order."""
    owner = deployment()
    owner["spec"]["template"]["spec"]["containers"].insert(0, {"name": "z", "image": "z:1", "args": ["b", "a"]})
    written = json.dumps(present(owner, []).revision["data"])
    assert written == json.dumps(json.loads(written), sort_keys=True)
    assert '"args": ["b", "a"]' in written


def test_a_taken_name_leads_to_another_one():
    """After a collision the hash is drawn anew."""
    owner = deployment()
    name = present(owner, []).revision["metadata"]["name"]
    owner["status"] = {"collisionCount": 1}
    assert present(owner, []).revision["metadata"]["name"] != name


def test_old_revisions_go_but_those_in_use_stay():
    """The limit counts what no pod was made from."""
    history = [stored(present(deployment(image=f"web:{n}"), []).revision, n) for n in range(1, 5)]
    used = {history[0]["metadata"]["name"]}
    gone = expired(deployment(revisionHistoryLimit=1), history, used)
    assert [each["revision"] for each in gone] == [2, 3]
