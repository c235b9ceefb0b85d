"""`bouvier convert`: one container between `docker run`, Compose and Kubernetes' YAML."""

from __future__ import annotations

import os
from typing import IO

import click

FORMS = ("docker-run", "compose", "yaml")


@click.command()
@click.argument("file", type=click.File("r"), default="-")
@click.option("--from", "source", type=click.Choice(FORMS), required=True, help="What is read.")
@click.option("--to", "target", type=click.Choice(FORMS), required=True, help="What is written.")
def command(file: IO[str], source: str, target: str) -> int:
    """Convert FILE, or what is piped in, and write the result.

    \b
    echo docker run -p 80:80 --ulimit nofile=1024 nginx | bouvier convert --from docker-run --to yaml
    """  # noqa: D301 - \b is click's mark for lines kept as they are
    from bouvier.cli.convert.compose import from_compose, to_compose  # noqa: PLC0415 - not needed for --help
    from bouvier.cli.convert.manifests import from_manifests, to_manifests  # noqa: PLC0415 - not needed for --help
    from bouvier.cli.convert.words import from_words, to_words  # noqa: PLC0415 - not needed for --help

    text = file.read()
    if source == "yaml":
        asked = from_manifests(text, os.environ)
    else:
        asked = from_words(text) if source == "docker-run" else from_compose(text)
    if target == "yaml":
        result = to_manifests(asked, os.environ)
    else:
        result = to_compose(asked) if target == "compose" else to_words(asked) + "\n"
    click.echo(result, nl=False)
    return 0
