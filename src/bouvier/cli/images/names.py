"""Names of the images that the platform makes itself, apart from how they are made: a node asks often, and cheaply."""

from __future__ import annotations

PAUSE, BUSYBOX = "bouvier/pause:1", "bouvier/busybox:1"
SAMPLES = ("bouvier/sample:1", "bouvier/sample:2")
NGINX, REDIS, POSTGRES = "bouvier/nginx:1.22", "bouvier/redis:7", "bouvier/postgres:15"
S2I_PYTHON, S2I_NODEJS = "bouvier/s2i-python:3.11", "bouvier/s2i-nodejs:18"
BUILDERS = (S2I_PYTHON, S2I_NODEJS)
"""Builder images for source-to-image, made from Debian packages."""
SMALL = (PAUSE, BUSYBOX, *SAMPLES)
"""Made of two programs, in no time: what `bouvier images seed` makes when nothing is named."""
SERVERS = (NGINX, REDIS, POSTGRES)
"""Made from Debian packages that are downloaded."""
MADE_HERE = frozenset((*SMALL, *SERVERS, *BUILDERS))
