"""Generated names."""

import re

from bouvier.controllers.runtime.names import generated


def test_names_fit_a_dns_label_whatever_the_base():
    """Even the longest ReplicaSet name gives a valid pod name."""
    assert re.fullmatch(r"web-[a-z0-9]{5}", generated("web-"))
    assert len(generated("x" * 250 + "-")) == 63
