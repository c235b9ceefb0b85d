"""The console in a real browser, on a real API server with controllers and pretended hosts."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, Locator, Page, async_playwright, expect

from bouvier.daemons import explanation
from bouvier.daemons.console_paths import console_paths
from bouvier.meta.gvk import Resource
from bouvier.meta.resources import DEPLOYMENTS, EVENTS, INGRESSES, NAMESPACES, NODES, PODS, SERVICES
from bouvier.util.clock import now_text
from tests.contract.controllers.world import World, world

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CODES_PATH = "/bouvier/v1/login-codes"
HTTP_PORT = 8080
DEADLINE_MS = 60_000
"""A browser that shares two processors with all other tests needs many seconds for a first page."""
expect.set_options(timeout=DEADLINE_MS)
ARRIVALS = 5
LOST = r"Failed to load resource|WebSocket connection|Failed to fetch dynamically imported"

Obj = dict[str, Any]


class Site:
    """A platform whose console is open in a browser."""

    def __init__(self, made: World, browser: Browser) -> None:
        self.world = made
        self.browser = browser
        self.url = f"https://127.0.0.1:{made.api.port}/console/"
        self.troubles: list[str] = []
        """What the browser's console complained about: script errors and refused content."""

    async def link(self) -> str:
        """Return a fresh sign-in link."""
        answer = await self.world.admin.request("POST", CODES_PATH)
        return f"{self.url}#/signin/{answer['code']}"

    async def open(self, path: str = "", *, language: str = "en", scheme: str = "light", **options: Any) -> Page:
        """Sign in with a link in a fresh browser profile and go to a page."""
        page = await self.visit(language=language, scheme=scheme, **options)
        await arrive(page, await self.link())
        await expect(page.get_by_role("navigation")).to_be_visible()
        if path:
            await page.goto(f"{self.url}#{path}")
        return page

    async def visit(self, *, language: str = "en", scheme: str = "light", **options: Any) -> Page:
        """Return a page of a fresh browser profile."""
        context = await self.browser.new_context(
            ignore_https_errors=True,
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            **{"viewport": {"width": 1360, "height": 850}, **options},
        )
        page = await context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: self._heard("error", str(error)))
        page.on("console", lambda message: self._heard(message.type, message.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        # A refused request is what some tests are about, and a lost one is asked again; the page itself says so.
        if kind == "error" and not re.search(LOST, text):
            self.troubles.append(text)


async def arrive(page: Page, address: str) -> None:
    """Load the console in a fresh page, again if need be: a browser drops what it loads when any interface changes."""
    go, last = page.goto(address), None
    for _ in range(ARRIVALS):
        try:
            await go
            await page.locator("#root > *").first.wait_for(state="attached", timeout=DEADLINE_MS / 3)
            return
        except Error as error:
            await asyncio.sleep(0.5)
            go, last = page.reload(), error
    raise AssertionError(f"the console does not load: {address}: {last}")


async def choose(field: Locator, option: str) -> None:
    """Take an option of a drop-down list; its list closes when the page loses the focus, then it is opened again."""
    wanted = field.page.get_by_role("option", name=option, exact=True)
    for _ in range(ARRIVALS):
        await field.click()
        try:
            await wanted.click(timeout=DEADLINE_MS / ARRIVALS)
            return
        except Error as error:
            last = error
    raise AssertionError(f"the list never shows {option}: {last}")


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """Run a platform with its console and a browser."""
    async with world(folder, hosts=("north", "south")) as made, async_playwright() as play:
        for prefix, handler in console_paths(HTTP_PORT, 8443).items():
            made.api.server.add_path(prefix, handler)
        made.api.server.add_path(explanation.PATH, explanation.ExplainPath(made.api.server.context).explain)
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield Site(made, browser)
        finally:
            await browser.close()


def deployment(name: str, image: str = "bouvier/sample:1", replicas: int = 1, namespace: str = "work") -> Obj:
    """Return a Deployment of one container."""
    labels = {"app": name}
    container = {"name": "main", "image": image}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def service(name: str, namespace: str = "work") -> Obj:
    """Return a Service for the pods of the deployment of the same name."""
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def ingress(name: str, host: str, namespace: str = "work") -> Obj:
    """Return an Ingress that leads a host name to the service of the same name."""
    backend = {"service": {"name": name, "port": {"number": 80}}}
    spec = {"rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


async def event(made: World, about: Obj, reason: str, message: str, *, kind: str = "Normal", count: int = 1) -> None:
    """Report an event as a component does."""
    metadata = about["metadata"]
    namespace = metadata.get("namespace", "default")
    regarding = {"kind": about["kind"], "name": metadata["name"], "uid": metadata["uid"], "namespace": namespace}
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "told-", "namespace": namespace},
        "involvedObject": regarding,
        "reason": reason,
        "message": message,
        "type": kind,
        "count": count,
        "lastTimestamp": now_text(),
        "source": {"component": "test"},
    }
    await made.admin.create(EVENTS, body)


async def create(made: World, resource: Resource, *objects: Obj) -> None:
    for obj in objects:
        await made.admin.create(resource, obj)


async def pods_of(made: World, name: str, count: int) -> list[Obj]:
    """Return the pods of a deployment when there are so many."""

    def complete(pods: list[Obj]) -> list[Obj] | None:
        own = [pod for pod in pods if pod["metadata"]["name"].startswith(f"{name}-")]
        return own if len(own) == count else None

    found: list[Obj] = await made.seen(PODS, complete)
    return found


async def ready(made: World, name: str, count: int) -> None:
    """Wait until so many pods of a deployment serve, all of the newest template."""

    def complete(one: Obj) -> bool:
        status = one.get("status") or {}
        seen = status.get("observedGeneration") == one["metadata"]["generation"]
        return seen and status.get("readyReplicas") == status.get("updatedReplicas") == count

    await made.object(DEPLOYMENTS, name, complete)


async def placed(made: World, pod: Obj) -> None:
    """Wait until a pod has a host."""
    await made.object(PODS, pod["metadata"]["name"], lambda found: found["spec"].get("nodeName"))


async def lacks_image(made: World, pod: Obj, image: str) -> None:
    """Report as an agent whose engine cannot have the image."""
    await _waits(made, pod, image, {"reason": "ImagePullBackOff", "message": f"manifest for {image} not found"})


async def crashes(made: World, pod: Obj, image: str, code: int = 3, times: int = 5) -> None:
    """Report as an agent whose container keeps ending."""
    last = {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": now_text()}}
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}
    await _waits(made, pod, image, waiting, restartCount=times, lastState=last)


async def _waits(made: World, pod: Obj, image: str, waiting: Obj, **more: Any) -> None:
    container = {"name": "main", "image": image, "imageID": "", "ready": False, "restartCount": 0} | more
    container["state"] = {"waiting": waiting}
    status = {"phase": "Pending", "containerStatuses": [container]}
    metadata = pod["metadata"]
    await made.admin.patch(
        PODS, metadata["name"], {"status": status}, namespace=metadata["namespace"], subresource="status"
    )


async def capacity(made: World, host: str, cpus: str = "8", memory: str = "16Gi") -> None:
    """Report what a host offers."""
    offered = {"cpu": cpus, "memory": memory, "pods": "110"}
    facts = {
        "osImage": "Debian GNU/Linux 12",
        "containerRuntimeVersion": "docker://28.2.0",
        "kubeletVersion": "v1.37.0",
    }
    status = {"capacity": offered, "allocatable": offered}
    await made.admin.patch(NODES, host, {"status": status | {"nodeInfo": facts}}, subresource="status")


async def populate(made: World) -> None:
    """Make a platform as one finds it on a working day: most is well, one image is missing, one container crashes."""
    made.broken_images |= {"registry.example/shop/search:7", "bouvier/sample:broken"}
    await made.admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    for host in ("north", "south"):
        await capacity(made, host)
    await create(
        made,
        DEPLOYMENTS,
        deployment("frontend", "registry.example/shop/frontend:3.2", 4),
        deployment("basket", "registry.example/shop/basket:1.9", 3),
        deployment("search", "registry.example/shop/search:7", 2),
        deployment("mailer", "bouvier/sample:broken", 1),
        deployment("night-report", "registry.example/shop/report:12", 0),
        deployment("ledger", "registry.example/books/ledger:4", 14, "default"),
        deployment("wiki", "bouvier/sample:1", 2, "default"),
    )
    await create(made, SERVICES, service("frontend"), service("basket"), service("search"), service("wiki", "default"))
    await create(made, INGRESSES, ingress("frontend", "shop.localhost"), ingress("wiki", "wiki.localhost", "default"))
    for pod in await pods_of(made, "search", 2):
        await placed(made, pod)
        await lacks_image(made, pod, "registry.example/shop/search:7")
        await event(
            made, pod, "Failed", "manifest for registry.example/shop/search:7 not found", kind="Warning", count=4
        )
    for pod in await pods_of(made, "mailer", 1):
        await placed(made, pod)
        await crashes(made, pod, "bouvier/sample:broken")
        await event(made, pod, "BackOff", "Back-off restarting failed container main", kind="Warning", count=12)
