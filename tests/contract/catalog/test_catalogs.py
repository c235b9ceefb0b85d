"""Catalogs from folders, Git and chart repositories: read, refreshed, and what is wrong in them named."""

import asyncio
import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bouvier.catalog.catalogs.builtin import offer_builtin
from bouvier.catalog.helm.folders import archive_of_path
from bouvier.catalog.releases.names import REFRESH
from bouvier.kinds.catalog_v1 import catalogentries, catalogs
from bouvier.meta.objects import condition_of, is_condition_true
from bouvier.meta.resources import SECRETS, SERVICES
from tests.contract.catalog.conftest import Catalogs, git, write
from tests.contract.controllers.world import NAMESPACE

QUESTIONS = """\
version: "2"
.catalog:
  name: Web
  version: "{version}.0"
  upgrade_from: "{upgrade}"
  questions:
  - {{variable: COLOUR, type: enum, options: [red, blue], default: red, required: true}}
services:
  page: {{scale: 1}}
"""


def rancher_catalog(folder: Path, *, upgrade: str = "") -> Path:
    files = {"templates/web/config.yml": "name: Web\ndescription: a page\nversion: 2.0\ncategory: Demo\n"}
    files["templates/web/README.md"] = "# A page"
    for index in (0, 1):
        version = index + 1
        files[f"templates/web/{index}/docker-compose.yml"] = (
            f'version: "2"\nservices:\n  page:\n    image: bouvier/sample:{version}\n    labels: {{answer: "${{COLOUR}}"}}\n'
        )
        files[f"templates/web/{index}/rancher-compose.yml"] = QUESTIONS.format(
            version=version, upgrade=upgrade if index else ""
        )
    return write(folder, files)


def git_catalog(folder: Path) -> Path:
    rancher_catalog(folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def ready_message(catalog: dict[str, Any]) -> str:
    return str((condition_of(catalog, "Ready") or {})["message"])


async def test_a_folder_in_ranchers_layout(catalog: Catalogs) -> None:
    """Entries carry their versions, newest first, with questions, category, README and the default version."""
    added = await catalog.add("farm", folder=str(rancher_catalog(catalog.folder / "cat")))
    entry = (await catalog.entry("farm.web"))["spec"]

    assert (added["status"]["layout"], added["status"]["entries"]) == ("rancher", 1)
    assert [one["version"] for one in entry["versions"]] == ["2.0", "1.0"]
    assert entry["versions"][0]["questions"][0]["options"] == ["red", "blue"]
    assert (entry["title"], entry["category"], entry["defaultVersion"]) == ("Web", "Demo", "2.0")
    assert entry["readme"] == "# A page"


async def test_a_git_repository_and_its_next_commit(catalog: Catalogs) -> None:
    """The commit is recorded; after a new one and a refresh the entries follow."""
    folder = git_catalog(catalog.folder / "repository")
    first = await catalog.add("farm", git={"url": str(folder)})
    assert len(first["status"]["commit"]) == 40
    write(folder, {"templates/api/0/docker-compose.yml": "version: '2'\nservices: {a: {image: x}}\n"})
    git(folder, "rm", "-rq", "templates/web")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "two")

    await catalog.admin.patch(catalogs.RESOURCE, "farm", {"metadata": {"annotations": {REFRESH: "now"}}})
    second = await catalog.catalog("farm", lambda one: one["status"].get("commit") != first["status"]["commit"])
    assert second["status"]["mark"] == "now"
    names = {one["spec"]["name"] for one in (await catalog.admin.list(catalogentries.RESOURCE)).items}
    assert "api" in names
    assert "web" not in names


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"git": {"url": "{folder}/nowhere"}}, "nowhere"),
        ({"git": {"url": "{folder}/repository", "branch": "none"}}, "none"),
        ({"git": {"url": "ext::sh -c touch%20{folder}/harm"}}, "not allowed"),
        ({"folder": "{folder}/missing"}, "there is no folder"),
        ({"folder": "{folder}/empty"}, "is no catalog"),
        ({"repository": {"url": "http://127.0.0.1:1/charts"}}, "127.0.0.1:1"),
    ],
)
async def test_a_source_that_cannot_be_read(catalog: Catalogs, source: dict[str, Any], said: str) -> None:
    """The catalog says what is wrong, offers nothing, and runs nothing."""
    git_catalog(catalog.folder / "repository")
    (catalog.folder / "empty").mkdir()

    def placed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: placed(inner) for key, inner in value.items()}
        return value.replace("{folder}", str(catalog.folder))

    added = await catalog.add("bad", **placed(source))
    assert not is_condition_true(added, "Ready")
    assert said in ready_message(added)
    assert not (catalog.folder / "harm").exists()


async def test_a_broken_entry_hinders_no_other(catalog: Catalogs) -> None:
    """The good entry is there, the broken one is named with line and column."""
    folder = rancher_catalog(catalog.folder / "cat")
    write(folder, {"templates/bad/0/docker-compose.yml": "a: b", "templates/bad/0/rancher-compose.yml": "a: [\n"})
    added = await catalog.add("farm", folder=str(folder))

    assert added["status"]["entries"] == 1
    assert "templates/bad: 0/rancher-compose.yml: line 2, column 1" in added["status"]["problems"][0]


async def test_removing_a_catalog_removes_its_entries(catalog: Catalogs) -> None:
    """Entries go with their catalog."""
    await catalog.add("farm", folder=str(rancher_catalog(catalog.folder / "cat")))
    await catalog.admin.delete(catalogs.RESOURCE, "farm")
    await catalog.world.gone(catalogentries.RESOURCE, "farm.web")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        return


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A chart repository over HTTP with one chart in two versions."""
    folder = tmp_path / "repository"
    lines = ["apiVersion: v1", "entries:", "  tiny:"]
    for version in ("0.2.0", "0.1.5", "0.1.0"):
        template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {version: {{ .Chart.Version }}}\n"
        source = write(
            tmp_path / f"tiny-{version}",
            {
                "Chart.yaml": f"apiVersion: v2\nname: tiny\nversion: {version}\n",
                "values.yaml": "colour: red\n",
                "questions.yaml": "questions: [{variable: colour, type: enum, options: [red, blue]}]\n",
                "templates/cm.yaml": template,
            },
        )
        data = archive_of_path(source)
        write(folder, {"index.yaml": ""})
        (folder / f"tiny-{version}.tgz").write_bytes(data)
        lines += [
            f"  - name: tiny\n    version: {version}\n    description: small",
            f"    digest: {hashlib.sha256(data).hexdigest()}\n    urls: [tiny-{version}.tgz]",
        ]
    (folder / "index.yaml").write_text("\n".join(lines) + "\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_chart_repository(catalog: Catalogs, repository: tuple[str, Path]) -> None:
    """Versions come from the index, the archive is downloaded at installation and checked against its digest."""
    url, folder = repository
    added = await catalog.add("far", repository={"url": url})
    assert added["status"]["layout"] == "repository"
    await catalog.install("rel", catalog="far", entry="tiny", version="0.1.0")
    release = await catalog.ready("rel")
    assert await catalog.config("rel") == {"version": "0.1.0"}
    assert release["status"]["upgrade"] == "0.2.0"

    (folder / "tiny-0.1.5.tgz").write_bytes(b"something else")
    await catalog.change("rel", version="0.1.5")
    refused = await catalog.release("rel", lambda one: one["status"]["phase"] == "Failed")
    assert "digest" in ready_message(refused)
    assert await catalog.config("rel") == {"version": "0.1.0"}


async def test_a_chart_repository_out_of_reach(catalog: Catalogs, repository: tuple[str, Path]) -> None:
    """Newest versions were fetched ahead, with their questions; the condition says that they can still be installed."""
    url, folder = repository
    await catalog.add("far", repository={"url": url})
    entry = (await catalog.entry("far.tiny"))["spec"]
    assert entry["versions"][0]["questions"][0]["variable"] == "colour"
    assert entry["values"] == "colour: red\n"

    folder.rename(folder.with_name("gone"))
    await catalog.admin.patch(catalogs.RESOURCE, "far", {"metadata": {"annotations": {REFRESH: "now"}}})
    failed = await catalog.catalog("far", lambda one: one["status"].get("mark") == "now")
    assert not is_condition_true(failed, "Ready")
    assert "answers 404" in ready_message(failed)
    assert "its 1 entries are as of" in ready_message(failed)
    await catalog.install("rel", catalog="far", entry="tiny")
    await catalog.ready("rel")
    assert await catalog.config("rel") == {"version": "0.2.0"}


async def test_compose_templates_with_answers(catalog: Catalogs) -> None:
    """Answers are checked by the questions, defaults filled in, the newest version taken, and `upgrade_from` obeyed."""
    await catalog.add("farm", folder=str(rancher_catalog(catalog.folder / "cat", upgrade=">=1.0 <2")))
    await catalog.install("bad", catalog="farm", entry="web", values={"COLOUR": "green"})
    assert "COLOUR: expected one of red, blue, got 'green'" in ready_message(await catalog.settled("bad"))
    assert await catalog.config("bad") is None

    await catalog.install("site", catalog="farm", entry="web", version="1.0", values={"COLOUR": "blue"})
    release = await catalog.ready("site")
    data = await catalog.config("site") or {}
    assert data["answer.COLOUR"] == "blue"
    assert "bouvier/sample:1" in data["compose"]
    assert release["status"]["ignored"] == ["services.page.labels"]
    assert release["status"]["upgrade"] == "2.0"

    await catalog.change("site", version="2.0")
    await catalog.ready("site")
    assert "bouvier/sample:2" in (await catalog.config("site") or {})["compose"]


async def test_subcharts_that_are_not_in_the_chart(catalog: Catalogs, repository: tuple[str, Path]) -> None:
    """They come from the repository or the folder that `Chart.yaml` names, in the version that its range or lock says."""
    url, _ = repository
    wishes = f"dependencies:\n- {{name: tiny, version: 0.1.x, repository: {url}}}\n"
    wishes += "- {name: near, version: 1.x, repository: file://../near}\n"
    map_of = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-near}\ndata: {a: b}\n"
    files = {
        "whole/Chart.yaml": f"apiVersion: v2\nname: whole\nversion: 1.0.0\n{wishes}",
        "near/Chart.yaml": "apiVersion: v2\nname: near\nversion: 1.2.0\n",
        "near/templates/cm.yaml": map_of,
        "bad/Chart.yaml": f"apiVersion: v2\nname: bad\nversion: 1.0.0\n{wishes.replace('0.1.x', '9.x')}",
    }
    await catalog.add("farm", folder=str(write(catalog.folder / "source", files)))
    await catalog.install("rel", catalog="farm", entry="whole")
    await catalog.ready("rel")
    assert await catalog.config("rel") == {"version": "0.1.5"}
    assert await catalog.config("rel-near") == {"a": "b"}

    await catalog.install("bad", catalog="farm", entry="bad")
    said = ready_message(await catalog.settled("bad"))
    assert f"the dependency tiny 9.x of bad: {url} has no such version; there are 0.2.0, 0.1.5, 0.1.0" in said


async def test_a_misspelt_field_is_refused(catalog: Catalogs) -> None:
    """What the kind does not have is named; nothing is made."""
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selektor: {a: b}}\n"
    files = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/templates/a.yaml": text}
    await catalog.add("farm", folder=str(write(catalog.folder / "source", files)))
    await catalog.install("rel", catalog="farm", entry="web")
    assert ".spec.selektor: field not declared in schema" in ready_message(await catalog.settled("rel"))
    assert await catalog.get(SERVICES, "web") is None


async def test_versions_of_ranchers_layout_are_ordered_by_folder(catalog: Catalogs) -> None:
    """Whatever they are called; an installation takes what config.yml offers first, an upgrade the newest."""
    files = {"templates/web/config.yml": "version: v1.0\n"}
    for index, version in enumerate(("v1.0", "v0.9-rancher2", "latest")):
        files[f"templates/web/{index}/docker-compose.yml"] = f"services: {{a: {{image: 'x:{index}'}}}}\n"
        files[f"templates/web/{index}/rancher-compose.yml"] = f".catalog: {{version: {version}}}\n"
    await catalog.add("farm", folder=str(write(catalog.folder / "cat", files)))
    await catalog.install("site", catalog="farm", entry="web")
    release = await catalog.ready("site")
    assert (release["status"]["version"], release["status"]["upgrade"]) == ("v1.0", "latest")
    await catalog.change("site", historyLimit=5)
    release = await catalog.release("site", lambda one: one["status"].get("version") == "latest")
    assert release["status"]["upgrade"] == ""


ASKING = """\
version: "2"
.catalog:
  version: "1.0"
  questions:
  - {variable: DB, type: service}
  - {variable: CERT, type: certificate, required: true}
  - {variable: HOST, type: hostname, default: shop.example.org}
  - {variable: TEXT, type: multiline, max_length: 20}
  - {variable: TLS, type: boolean, default: true}
  - {variable: KEY, type: password, min_length: 8, show_if: TLS=true}
"""
EVERY = 'services: {a: {image: x, environment: {A: "${DB} ${CERT} ${HOST} ${TEXT} ${TLS} ${KEY} ${OTHER}"}}}\n'


async def test_answers_of_every_type(catalog: Catalogs) -> None:
    """Services and certificates must exist, what is wrong is named with what is allowed, all of it at once."""
    files = {"templates/web/0/docker-compose.yml": EVERY, "templates/web/0/rancher-compose.yml": ASKING}
    await catalog.add("farm", folder=str(write(catalog.folder / "cat", files)))
    wrong = {"HOST": "not a host", "TEXT": "a\n" * 20, "TLS": "maybe", "KEYS": "x", "OTHER": "used in the text"}
    await catalog.install("bad", catalog="farm", entry="web", values=wrong)
    said = ready_message(await catalog.settled("bad"))
    for text in (
        "CERT: an answer is needed",
        "HOST: expected a host name such as shop.example.org, got 'not a host'",
        "TEXT: must have at most 20 characters",
        "TLS: expected true or false, got 'maybe'",
        "KEYS: nothing asks for it; did you mean KEY?",
    ):
        assert text in said
    assert "OTHER" not in said

    metadata = {"name": "db", "namespace": NAMESPACE}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    await catalog.admin.create(SERVICES, service)
    await catalog.install("site", catalog="farm", entry="web", values={"DB": "bd", "CERT": "shop", "KEY": "12345678"})
    said = ready_message(await catalog.settled("site"))
    assert "DB: there is no service bd in namespace work; there are db" in said
    assert "CERT: there is no certificate (a Secret of type kubernetes.io/tls) shop in namespace work" in said

    data = {"tls.crt": "", "tls.key": ""}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata | {"name": "shop"},
        "type": "kubernetes.io/tls",
    }
    await catalog.admin.create(SECRETS, secret | {"stringData": data})
    await catalog.set_values("site", {"DB": "db", "CERT": "shop", "KEY": "12345678", "TEXT": "a\nb"})
    await catalog.ready("site")
    answers = await catalog.config("site") or {}
    assert (answers["answer.DB"], answers["answer.TEXT"], answers["answer.TLS"]) == ("work/db", "a\nb", "true")


async def test_an_answer_that_a_newer_version_no_longer_asks_for(catalog: Catalogs) -> None:
    """What was answered once may stay: the upgrade is not refused for it."""
    folder = rancher_catalog(catalog.folder / "cat")
    other = 'version: "2"\n.catalog: {version: "3.0"}\n'
    write(folder, {"templates/web/2/rancher-compose.yml": other, "templates/web/2/docker-compose.yml": "services: {}"})
    await catalog.add("farm", folder=str(folder))
    await catalog.install("site", catalog="farm", entry="web", version="1.0", values={"COLOUR": "blue"})
    await catalog.ready("site")
    await catalog.change("site", version="3.0")
    assert (await catalog.ready("site"))["status"]["version"] == "3.0"


async def test_the_builtin_catalog_is_offered_once(catalog: Catalogs) -> None:
    """It is there at the first start; whoever removes it is not contradicted by the next one."""
    added = await catalog.catalog("library", lambda one: is_condition_true(one, "Ready"))
    assert added["status"]["entries"] == 4
    await offer_builtin(catalog.admin)
    await catalog.admin.delete(catalogs.RESOURCE, "library")

    await offer_builtin(catalog.admin)
    assert (await catalog.admin.list(catalogs.RESOURCE)).items == []


async def test_a_release_that_waits_for_its_catalog(catalog: Catalogs) -> None:
    """A release whose catalog comes later is installed then, by itself."""
    await catalog.install("site", catalog="farm", entry="web")
    assert "no catalog farm" in ready_message(await catalog.settled("site"))
    await catalog.add("farm", folder=str(rancher_catalog(catalog.folder / "cat")))

    await catalog.ready("site")
    await asyncio.sleep(0)
    assert await catalog.config("site") is not None
