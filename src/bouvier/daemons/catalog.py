"""The catalog's controllers, with rights and compose renderer of their own.

Releases make objects of any kind, so they act as `system:catalog`, who may do everything; whoever may create Releases should be
trusted as much, or name a `serviceAccountName` in them.
"""

from __future__ import annotations

from pathlib import Path

from bouvier.catalog.catalogs.controller import CatalogController
from bouvier.catalog.compose import ComposeRenderer, NoComposeRenderer
from bouvier.catalog.releases.controller import ReleaseController
from bouvier.catalog.releases.preview import PreviewController
from bouvier.catalog.sources.library import Library
from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.controllers.runtime.controller import Controller


def catalog_controllers(client: Client, folder: Path, renderer: ComposeRenderer | None = None) -> list[Controller]:
    """Return the catalog's controllers; working copies of catalogs are kept in `folder`."""
    library = Library(folder)
    recorder = Recorder(client, "bouvier-catalog")
    renderer = renderer or NoComposeRenderer()
    return [
        CatalogController(client, recorder, library),
        ReleaseController(client, recorder, library, renderer),
        PreviewController(client, library, renderer),
    ]
