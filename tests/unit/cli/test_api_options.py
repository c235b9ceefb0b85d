"""The API server's options on the command line."""

import json
from pathlib import Path

import pytest

from bouvier.cli.api_options import absolute
from bouvier.cli.commands.up import refuse_changes
from bouvier.cli.errors import CommandError
from bouvier.util.places import Places


def test_files_are_named_from_where_one_is() -> None:
    """The platform runs in another folder than the command."""
    assert absolute("authentication_config", ("a.yaml",)) == (str(Path("a.yaml").absolute()),)
    assert absolute("oidc_ca_file", ("",)) == ("",)
    assert absolute("oidc_issuer_url", ("https://x.example",)) == ("https://x.example",)
    assert absolute("port", 7) == 7


def test_a_running_platform_refuses_other_options(tmp_path: Path) -> None:
    """What it runs with may be named again; anything else needs a restart."""
    (tmp_path / "platform.json").write_text(json.dumps({"api_options": {"oidc-client-id": ["a"]}}))
    refuse_changes(Places(tmp_path), {"oidc_client_id": ("a",), "oidc_issuer_url": ()})
    with pytest.raises(CommandError, match="--oidc-client-id"):
        refuse_changes(Places(tmp_path), {"oidc_client_id": ("b",)})
