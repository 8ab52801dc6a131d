"""What the documentation refers to exists."""

import re
from pathlib import Path

import pytest

from chatpulse.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("native/*.md")])
CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^(?:\.venv/bin/)?chatpulse ([a-z]+)", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link}: no such heading"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_commands_exist(page: str) -> None:
    named = set(COMMAND.findall((ROOT / page).read_text(encoding="utf-8")))
    assert named
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_picture_is_drawn_and_needs_nothing_from_elsewhere(language: str) -> None:
    picture = (ROOT / f"docs/images/demo-board.{language}.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert re.findall(r"https?://[^\"<\s]+", picture.replace("http://127.0.0.1:8080", "")) == [
        "http://www.w3.org/2000/svg"
    ]
