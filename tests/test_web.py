"""The web app: its own tests, its types of the API, its texts, and how it is built."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import node
import pytest

from proof.web_types import TYPES, types

CATALOGS = "locales/*.po"


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """The packages of the web app, with the tools."""
    node.install(tools=True)


class TestSources:
    def test_its_own_tests_pass(self) -> None:
        # They read the sizes of a build.
        node.build()
        assert node.program("vitest/vitest.mjs", "run", "--reporter=default") == 0

    def test_the_types_are_those_of_the_public_document(self) -> None:
        assert TYPES.read_text() == types(), "run `make web-api`"


class TestTexts:
    def translations(self, folder: Path) -> Iterator[tuple[str, str, str]]:
        """Each text of each catalog: the catalog, the text, its translation."""
        for catalog in sorted(folder.glob(f"**/{CATALOGS}")):
            found = re.findall(
                r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', catalog.read_text(), re.MULTILINE
            )
            name = str(catalog.relative_to(folder))
            for text, translation in found:
                if joined(text):
                    yield name, joined(text), joined(translation)

    def test_the_catalogs_have_every_text_and_no_other(self, tmp_path: Path) -> None:
        source = node.WEB / "src"
        for catalog in source.glob(f"**/{CATALOGS}"):
            copy = tmp_path / catalog.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(catalog, copy)
        extract = ["node_modules/@lingui/cli/dist/lingui.js", "extract", "--clean"]
        subprocess.run(
            [str(node.wheel() / "bin/node"), *extract],
            cwd=node.WEB,
            env={**os.environ, "WEB_CATALOGS": str(tmp_path)},
            check=True,
            capture_output=True,
        )
        assert [*self.translations(source)] == [*self.translations(tmp_path)], "run `make format`"

    def test_every_text_is_translated(self) -> None:
        found = [*self.translations(node.WEB / "src")]
        assert len(found) > 50
        assert [entry for entry in found if not entry[2]] == []


def joined(lines: str) -> str:
    """A text of a catalog, which may stand on several lines."""
    return "".join(re.findall(r'"(.*)"', lines))


class TestBuild:
    def test_two_builds_of_the_same_sources_are_the_same(self, tmp_path: Path) -> None:
        node.build()
        options = ("build", "--logLevel", "error", "--emptyOutDir")
        assert node.program("vite/bin/vite.js", *options, "--outDir", str(tmp_path)) == 0
        assert contents(tmp_path) == {
            name: content
            for name, content in contents(node.DIST).items()
            if not name.endswith((".br", ".gz", node.BUILT_FROM))
        }

    def test_nothing_is_built_twice(self) -> None:
        node.build()
        before = (node.DIST / "tenant.html").stat().st_mtime_ns
        node.build()
        assert (node.DIST / "tenant.html").stat().st_mtime_ns == before

    def test_what_a_build_is_made_of(self) -> None:
        names = {str(path.relative_to(node.WEB)) for path in node.sources()}
        assert {"package-lock.json", "tenant.html", "src/entries/tenant.tsx"} <= names
        assert not [
            name for name in names if ".test." in name or name.startswith(("dist", "node_"))
        ]

    def test_the_lock_has_hashes_and_no_addresses(self) -> None:
        lock = (node.WEB / "package-lock.json").read_text()
        assert "integrity" in lock
        assert '"resolved"' not in lock


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by name."""
    files = (path for path in folder.glob("**/*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
