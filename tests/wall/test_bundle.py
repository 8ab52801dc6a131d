"""The committed page is what its sources make, is complete, and asks nobody else for anything."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest

from chatpulse import wall
from chatpulse.worker.wall import TYPES
from tests.golden import assert_golden
from tests.tools import need
from tests.wall.npm import WEB, install
from tools import wall_types

STATIC = Path(str(resources.files(wall))) / "static"
FILES = ["THIRD-PARTY.txt", "icon.svg", "index.html", "wall.css", "wall.js"]


def test_the_page_is_complete_and_every_file_has_a_type() -> None:
    assert sorted(file.name for file in STATIC.iterdir()) == sorted(FILES)
    assert {name.rpartition(".")[2] for name in FILES} == TYPES.keys()


@pytest.mark.parametrize("name", [name for name in FILES if name != "THIRD-PARTY.txt"])
def test_no_file_names_another_host(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:|wss?:)?//[\w.-]+\.\w+|url\(|@import", text))
    assert addresses <= {"http://www.w3.org"}  # the name of SVG, not a place


class _Inline(HTMLParser):
    """Finds what a strict policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


def test_the_page_has_no_inline_script_or_style() -> None:
    parser = _Inline()
    parser.feed((STATIC / "index.html").read_text(encoding="utf-8"))
    assert parser.found == []


def test_the_lock_file_names_no_host_and_every_package_of_the_bundle_brings_its_licence() -> None:
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    notices = (STATIC / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    for name in json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        version = json.loads(lock)["packages"][f"node_modules/{name}"]["version"]
        assert f"\n{name} {version}\n" in notices.lower()
    assert "Permission is hereby granted" in notices


def test_the_types_of_the_page_are_those_of_the_wall_golden() -> None:
    assert_golden(wall_types.TARGET, wall_types.source())


def test_the_bundle_is_fresh(tmp_path: Path) -> None:
    web = install()
    node = need("node")
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=web, check=True, timeout=60)
    for name in FILES:
        fresh = (tmp_path / name).read_bytes()
        assert fresh == (STATIC / name).read_bytes(), f"{name} is stale: run `make web`"


def test_the_sources_have_no_type_error() -> None:
    web = install()
    done = subprocess.run(
        [web / "node_modules" / ".bin" / "tsc", "--noEmit"],
        cwd=web,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
