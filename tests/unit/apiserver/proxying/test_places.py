"""Names of proxied objects."""

import pytest

from bouvier.apiserver.proxying.places import Name, split_name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("n", Name("", "n", "")),
        ("n:80", Name("", "n", "80")),
        ("https:n:web", Name("https", "n", "web")),
        ("https:n:", Name("https", "n", "")),
        (":n:1", Name("", "n", "1")),
        ("ftp:n:1", None),
        (":80", None),
        ("a:b:c:d", None),
    ],
)
def test_names_with_scheme_and_port(text: str, parts: Name | None) -> None:
    """A name may carry both; everything else is refused."""
    assert split_name(text) == parts
