"""Differences as people read them."""

from bouvier.catalog.releases.differences import change_of, removal_of, summary


def secret(value: str) -> dict[str, object]:
    metadata = {"name": "s", "namespace": "n", "resourceVersion": value, "managedFields": [{}]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"password": value}}


def test_values_of_secrets_are_never_shown() -> None:
    """One sees that a value changes, not what it was or becomes."""
    change = change_of(secret("old"), secret("old"), secret("new"))
    assert change["action"] == "change"
    assert "old" not in change["diff"]
    assert "new" not in change["diff"]
    assert "-  password: '*** (" in change["diff"] or "-  password: '***" in change["diff"].replace('"', "'")


def test_answers_that_are_passwords_are_never_shown() -> None:
    """Wherever a template has put them, also within other texts."""
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"url": "x://u:secret@h"}}
    assert "secret" not in change_of(obj, None, None, ["secret"])["diff"]


def test_what_the_server_keeps_for_itself_is_no_difference() -> None:
    """Only what people write counts."""
    before, after = secret("same"), secret("same")
    after["metadata"] = {"name": "s", "namespace": "n", "resourceVersion": "9"}
    assert change_of(after, before, after)["action"] == "keep"


def test_the_summary_counts() -> None:
    """Each action that occurs, in one line."""
    changes = [change_of(secret("a"), None, None), removal_of(secret("a")), removal_of(secret("b"))]
    assert summary(changes) == "1 created, 2 deleted"
    assert summary([]) == "nothing"
