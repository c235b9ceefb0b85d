"""Image streams: history by tag, and what is refused."""

from bouvier.kinds.image_v1 import imagestreams
from bouvier.kinds.image_v1.imagestreams import HISTORY_LENGTH, newest, note_image, tag_events
from bouvier.kinds.image_v1.imagestreamtags import tags_of
from bouvier.meta.objects import Obj


def stream() -> Obj:
    return {"metadata": {"name": "shop", "namespace": "web", "uid": "u"}, "spec": {}}


def test_history_grows_with_every_new_image_and_with_nothing_else() -> None:
    """The same image noted twice is one entry; a new one comes first; the oldest go."""
    made = stream()
    assert note_image(made, "latest", "sha256:1", "r@sha256:1", "t1")
    assert not note_image(made, "latest", "sha256:1", "r@sha256:1", "t2")
    for number in range(2, HISTORY_LENGTH + 3):
        assert note_image(made, "latest", f"sha256:{number}", f"r@sha256:{number}", "t")
    events = tag_events(made, "latest")
    assert len(events) == HISTORY_LENGTH
    assert events[0]["generation"] == HISTORY_LENGTH + 2
    assert newest(made, "latest") == events[0]
    assert newest(made, "other") is None


def test_tags_are_shown_as_objects() -> None:
    """Each tag with an image is an ImageStreamTag of the name STREAM:TAG."""
    made = stream()
    note_image(made, "b", "sha256:2", "r@sha256:2", "t")
    note_image(made, "a", "sha256:1", "r@sha256:1", "t")
    shown = list(tags_of(made))
    assert [one["metadata"]["name"] for one in shown] == ["shop:a", "shop:b"]
    assert shown[0]["image"]["dockerImageReference"] == "r@sha256:1"


def test_imports_are_refused_by_name() -> None:
    """What nothing acts upon is not taken."""
    made = stream() | {
        "spec": {"dockerImageRepository": "x", "tags": [{"name": "a", "importPolicy": {"scheduled": True}}]}
    }
    assert [error.field for error in imagestreams.validate(made)] == [
        "spec.dockerImageRepository",
        "spec.tags[0].importPolicy.scheduled",
    ]
