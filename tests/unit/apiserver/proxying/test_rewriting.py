"""Addresses in passed answers."""

from bouvier.apiserver.proxying.rewriting import rewrite_address, rewrite_page

PREFIX = "/api/v1/namespaces/n/pods/p/proxy"
OWN = ("10.0.0.1:80",)


def test_addresses() -> None:
    """Those of the server itself that begin at its root get the prefix; all others stay."""
    cases = {
        "/": f"{PREFIX}/",
        "/a/b/?q=1#f": f"{PREFIX}/a/b/?q=1#f",
        "http://10.0.0.1:80/a": f"{PREFIX}/a",
        f"{PREFIX}/a": f"{PREFIX}/a",
        "a/b": "a/b",
        "http://other/a": "http://other/a",
        "//other/a": "//other/a",
        "mailto:x@y": "mailto:x@y",
        "http://[bad": "http://[bad",
    }
    for given, wanted in cases.items():
        assert rewrite_address(given, PREFIX, OWN) == wanted, given


def test_pages() -> None:
    """Links change, in whatever quotes; text, comments and other attributes stay."""
    page = (
        '<!-- <a href="/c"> --><a class="/x" href="/a?b=1&amp;c=2">/a</a><IMG src=\'/i\'><form action=/f>'
        '<a href="rel">x</a><p title="<a href=/no>">'
    )
    wanted = (
        f'<!-- <a href="/c"> --><a class="/x" href="{PREFIX}/a?b=1&amp;c=2">/a</a><IMG src=\'{PREFIX}/i\'>'
        f'<form action="{PREFIX}/f"><a href="rel">x</a><p title="<a href=/no>">'
    )
    assert rewrite_page(page, PREFIX, OWN) == wanted
