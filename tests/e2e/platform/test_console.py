"""The console of a whole platform: sign in with the printed link, see a workload run, scale it, roll it back."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect, sync_playwright

from bouvier.console.files import FOLDER
from tests.e2e.console.site import ARGUMENTS, CHROMIUM
from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.test_workloads import fetch

IMAGE = "bouvier/sample:1"
DEADLINE_MS = 90_000
ARRIVALS = 5


@pytest.fixture
def page(platform: Platform) -> Iterator[Page]:
    """A browser that signed in with the link of `bouvier status`."""
    if not Path(CHROMIUM).exists() or shutil.which("npm") is None or not (FOLDER / "index.html").exists():
        pytest.skip("needs chromium and the built console")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_context(ignore_https_errors=True, locale="en-GB", reduced_motion="reduce").new_page()
        opened.set_default_timeout(DEADLINE_MS)
        sign_in(opened, platform)
        yield opened
        browser.close()


def sign_in(page: Page, platform: Platform) -> None:
    """Follow a link of `bouvier status`, again if need be: a browser drops what it loads when any interface changes."""
    home = page.get_by_role("heading", name="Home", level=1)
    for _ in range(ARRIVALS):
        found = re.search(r"https://\S+/console/#/signin/\S+", platform.run("status"))
        assert found, "status prints a sign-in link"
        try:
            page.goto(found.group())
            home.wait_for(timeout=DEADLINE_MS / 3)
            return
        except Error:
            page.goto("about:blank")
    expect(home).to_be_visible()


def test_a_workload_in_the_console(platform: Platform, page: Page) -> None:
    """What the command starts appears, serves, is scaled, upgraded, read, entered and rolled back in the browser."""
    expect.set_options(timeout=DEADLINE_MS)
    page.get_by_role("link", name="Workloads", exact=True).click()
    platform.run("run", "--name", "site", "--replicas", "2", "--expose", "8080", "--expose", "site.example", IMAGE)
    line = page.locator("tbody", has=page.get_by_role("link", name="site", exact=True))
    expect(line.get_by_role("img", name="2 of 2 ready")).to_be_visible()
    line.get_by_role("button", name="One pod more for site").click()
    expect(line.get_by_role("img", name="3 of 3 ready")).to_be_visible()

    page.get_by_role("link", name="site", exact=True).click()
    page.get_by_role("button", name="Upgrade…").click()
    page.get_by_label("Image of").fill("bouvier/sample:2")
    page.get_by_role("button", name="Upgrade", exact=True).click()
    expect(page.get_by_role("definition").filter(has_text="sample:2")).to_be_visible()
    until(lambda: fetch(platform, "site.example").startswith("sample 2 on site-"), "the new version is served")
    page.get_by_role("button", name="Roll back…").first.click()
    page.get_by_role("button", name="Roll back to revision 1").click()
    expect(page.get_by_role("definition").filter(has_text="sample:1")).to_be_visible()
    expect(page.get_by_role("region", name="Upgrade under way")).to_be_hidden()
    until(lambda: fetch(platform, "site.example").startswith("sample 1 on site-"), "the old version is served again")

    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_role("log")).to_contain_text("sample 1 listens on port 8080")
    page.get_by_role("link", name="Pods", exact=True).click()
    pods = page.get_by_role("main").get_by_role("link", name=re.compile("^site-"))
    expect(pods).to_have_count(3)
    pods.first.click()
    page.get_by_role("tab", name="Terminal").click()
    page.get_by_role("button", name="Open", exact=True).click()
    terminal = page.get_by_role("application", name=re.compile("^Terminal in site-"))
    expect(terminal).to_contain_text("#")
    page.keyboard.type("echo sum-$((40 + 2))\n")
    expect(terminal).to_contain_text("sum-42")
    page.keyboard.type("exit 3\n")
    expect(page.get_by_text("The command has ended:")).to_be_visible()
    page.get_by_role("link", name="Hosts", exact=True).click()
    expect(page.get_by_role("table", name="Hosts")).to_contain_text("ready")
    page.get_by_role("link", name="Services", exact=True).click()
    expect(page.get_by_role("link", name=re.compile(r"site\.example:\d+"))).to_be_visible()
