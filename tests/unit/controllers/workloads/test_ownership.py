"""Who owns a pod."""

from bouvier.controllers.workloads.ownership import adoption, claim, release
from bouvier.meta.objects import owner_reference
from bouvier.meta.selectors import from_object
from tests.unit.controllers.making import ago, pod, replica_set

OWNER = replica_set()
SELECTOR = from_object(OWNER["spec"]["selector"])


def names(objects):
    return [obj["metadata"]["name"] for obj in objects]


def test_candidates_are_owned_adopted_released_or_left_alone():
    """A matching orphan is adopted, a child that no longer matches is let go, others' children are not touched."""
    mine = [owner_reference(OWNER)]
    candidates = [
        pod("kept", ownerReferences=mine),
        pod("stray", ownerReferences=mine, labels={"app": "other"}),
        pod("orphan"),
        pod("foreign", ownerReferences=[owner_reference(replica_set("other"))]),
        pod("alien", labels={"app": "other"}),
        pod("ending", deletionTimestamp=ago(1)),
    ]
    found = claim(OWNER, SELECTOR, candidates)
    assert (names(found.owned), names(found.adopt), names(found.release)) == (["kept"], ["orphan"], ["stray"])


def test_an_owner_that_is_being_deleted_adopts_and_releases_nothing():
    """Its children belong to the garbage collector now."""
    ending = replica_set()
    ending["metadata"]["deletionTimestamp"] = ago(1)
    stray = pod("stray", ownerReferences=[owner_reference(OWNER)], labels={"app": "other"})
    found = claim(ending, SELECTOR, [pod("orphan"), stray])
    assert (names(found.owned), found.adopt, found.release) == (["stray"], [], [])


def test_patches_keep_other_owners_and_name_the_version_they_change():
    """A write based on an old view must be refused by the server."""
    other = {"uid": "friend", "kind": "X", "name": "x", "apiVersion": "v1"}
    target = pod("p", ownerReferences=[other])
    body = adoption(OWNER, target).body["metadata"]
    assert body["ownerReferences"] == [other, owner_reference(OWNER)]
    assert (body["uid"], body["resourceVersion"]) == ("uid-p", "1")
    owned = pod("p", ownerReferences=[owner_reference(OWNER)])
    assert release(OWNER, owned).body["metadata"]["ownerReferences"] is None
