"""Images of servers, made on this machine from Debian's packages: a web server, PostgreSQL and Redis.

Each runs as a user of its own without capabilities, writes only below its data folder and `/tmp`, and logs to its output.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from bouvier.cli.images.archive import File, Image, build_image
from bouvier.cli.images.debian import Say, collect, quiet
from bouvier.cli.images.names import NGINX, POSTGRES, REDIS
from bouvier.cli.images.recipes import PATH, busybox_files

POSTGRES_VERSION = POSTGRES.rpartition(":")[2]
_ACCOUNTS = {"nginx": 101, "postgres": 999, "redis": 998}


def nginx_image(say: Say = quiet) -> Image:
    """Return `bouvier/nginx:1.22`: it serves /usr/share/nginx/html on port 8080."""
    taken = collect(["nginx", "nginx-common"], ["usr/sbin/nginx", "etc/nginx/mime.types"], say=say)
    own = [
        _script("nginx", "nginx.conf", "etc/nginx/nginx.conf", 0o644),
        _script("nginx", "index.html", "usr/share/nginx/html/index.html", 0o644),
        File("etc/nginx/conf.d/", mode=0o755),
    ]
    settings = {
        "Entrypoint": ["/usr/sbin/nginx", "-g", "daemon off;"],
        "Env": [PATH],
        "ExposedPorts": {"8080/tcp": {}},
        "StopSignal": "SIGQUIT",
        "User": _user("nginx"),
    }
    return build_image(NGINX, [*_base("nginx"), *taken, *own], settings)


def redis_image(say: Say = quiet) -> Image:
    """Return `bouvier/redis:7`: it listens on port 6379 and keeps its data in /data."""
    taken = collect(
        ["redis-server", "redis-tools"],
        ["usr/bin/redis-server", "usr/bin/redis-cli", "usr/bin/redis-check-rdb"],
        say=say,
    )
    own = [_script("redis", "start", "usr/local/bin/start", 0o755), File("data/", mode=0o777)]
    settings = {
        "Entrypoint": ["/usr/local/bin/start"],
        "Env": [PATH],
        "ExposedPorts": {"6379/tcp": {}},
        "User": _user("redis"),
        "WorkingDir": "/data",
    }
    return build_image(REDIS, [*_base("redis"), *taken, *own], settings)


def postgres_image(say: Say = quiet) -> Image:
    """Return `bouvier/postgres:15`: it listens on port 5432 and keeps its data below /var/lib/postgresql."""
    version = POSTGRES_VERSION
    library = f"usr/lib/postgresql/{version}/"
    taken = collect(
        [f"postgresql-{version}", f"postgresql-client-{version}", "tzdata"],
        [f"{library}bin/", f"{library}lib/", f"usr/share/postgresql/{version}/", "usr/share/zoneinfo/"],
        without=(
            f"{library}lib/llvmjit",
            f"{library}lib/bitcode/",
            f"usr/share/postgresql/{version}/man/",
            "usr/share/zoneinfo/right/",
            "usr/share/zoneinfo/posix/",
        ),
        say=say,
    )
    own = [
        _script("postgres", "start", "usr/local/bin/start", 0o755),
        File("var/lib/postgresql/", mode=0o777),
        File("var/run/postgresql/", mode=0o777),
    ]
    settings = {
        "Entrypoint": ["/usr/local/bin/start"],
        "Env": [f"{PATH}:/{library}bin", "PGDATA=/var/lib/postgresql/data"],
        "ExposedPorts": {"5432/tcp": {}},
        "StopSignal": "SIGINT",
        "User": _user("postgres"),
    }
    return build_image(POSTGRES, [*_base("postgres"), *taken, *own], settings)


def _user(name: str) -> str:
    return f"{_ACCOUNTS[name]}:{_ACCOUNTS[name]}"


def _base(name: str) -> list[File]:
    """Return a shell with its small programs, and the account of the server."""
    number = _ACCOUNTS[name]
    own = {
        "etc/passwd": f"{name}:x:{number}:{number}:{name}:/tmp:/bin/sh\n",
        "etc/group": f"{name}:x:{number}:\n",
    }
    return [
        File(file.path, file.content + own.get(file.path, "").encode(), file.mode, file.link)
        for file in busybox_files()
    ]


def _script(server: str, name: str, path: str, mode: int) -> File:
    folder = files("bouvier.cli.images") / "servers_files" / server
    return File(path, (folder / name).read_bytes(), mode)


ON_DEMAND: dict[str, Callable[[Say], Image]] = {
    NGINX: nginx_image,
    REDIS: redis_image,
    POSTGRES: postgres_image,
}
"""Made when they are asked for by name, or when an entry of the catalog needs them."""
