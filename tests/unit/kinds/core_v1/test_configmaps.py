"""ConfigMaps."""

from tests.unit.kinds.making import errors_of, kind_named, row_of, update_errors_of

KIND = kind_named("configmaps")


def config(**fields):
    return {"metadata": {"name": "a", "namespace": "x"}, **fields}


def test_keys_are_file_names():
    """Keys become files, so they may not climb or contain spaces; text and bytes do not share one."""
    assert errors_of(KIND, config(data={"a.txt": ""})) == []
    assert errors_of(KIND, config(data={"a b": ""}))[0].startswith(
        'data[a b]: Invalid value: "a b": a valid config key'
    )
    assert errors_of(KIND, config(data={"..": ""})) == ["data[..]: Invalid value: \"..\": must not be '..'"]
    both = config(data={"a": ""}, binaryData={"a": "AA=="})
    assert errors_of(KIND, both) == ['data[a]: Invalid value: "a": duplicate of key present in binaryData']


def test_size_is_limited():
    """A ConfigMap is not a file store."""
    assert errors_of(KIND, config(data={"a": "x" * 1_048_577})) == ["[]: Too long: may not be more than 1048576 bytes"]


def test_immutable_is_for_ever():
    """Neither the mark nor the data changes again."""
    old = config(data={"a": "1"}, immutable=True)
    message = "field is immutable when `immutable` is set"
    assert update_errors_of(KIND, config(data={"a": "2"}, immutable=True), old) == [f"data: Forbidden: {message}"]
    assert update_errors_of(KIND, config(data={"a": "1"}), old) == [f"immutable: Forbidden: {message}"]


def test_the_table_counts_keys():
    """Texts and bytes together."""
    assert row_of(KIND, config(data={"a": ""}, binaryData={"b": "AA=="}))["Data"] == "2"
