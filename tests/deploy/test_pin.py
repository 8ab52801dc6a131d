"""`make pin`: a digest comes from the registry or not at all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.deploy.stack import COMPOSE, DEPLOY
from tools import pin_images

DOCKER = """#!/bin/sh
# imagetools inspect NAME: a digest made of the name, as long as one is
[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 1
printf 'sha256:%064d\\n' "$(printf '%s' "$4" | cksum | cut -d ' ' -f 1)"
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the tool work on a copy, with a docker of the test."""
    for name in pin_images.FILES:
        shutil.copyfile(DEPLOY / name, tmp_path / name)
    monkeypatch.setattr(pin_images, "DEPLOY", tmp_path)
    monkeypatch.setattr("sys.argv", ["pin"])
    docker(tmp_path, DOCKER)
    monkeypatch.setattr(pin_images.shutil, "which", lambda _: str(tmp_path / "docker"))
    return tmp_path


def docker(place: Path, script: str) -> None:
    (place / "docker").write_text(script, encoding="utf-8")
    (place / "docker").chmod(0o755)


def images(place: Path) -> list[str]:
    text = "".join((place / name).read_text(encoding="utf-8") for name in pin_images.FILES)
    return re.findall(r"^(?:\s*image: |ARG (?:BASE|RUST)=)(\S+)$", text, re.M)


def test_every_image_but_ours_gets_the_registrys_digest(copy: Path) -> None:
    before = images(copy)
    assert len(before) == 7
    assert pin_images.main() == 0
    for old, new in zip(before, images(copy), strict=True):
        name, _, digest = new.partition("@")
        assert name == old.partition("@")[0]
        assert bool(re.fullmatch(r"sha256:\d{64}", digest)) != name.startswith("chatpulse:")


def test_pinning_again_changes_nothing(copy: Path) -> None:
    pin_images.main()
    pinned = images(copy)
    assert pin_images.main() == 0
    assert images(copy) == pinned


def test_check_tells_a_moved_tag_and_writes_nothing(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin_images.main()
    pinned = images(copy)
    monkeypatch.setattr("sys.argv", ["pin", "--check"])
    assert pin_images.main() == 0
    docker(copy, DOCKER.replace("%064d", "1%063d"))
    assert pin_images.main() == 1
    assert images(copy) == pinned


@pytest.mark.parametrize("script", ["exit 1", "echo sha256:abc", "true"])
def test_what_is_no_digest_is_not_written(
    copy: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    docker(copy, f"#!/bin/sh\n{script}\n")
    before = images(copy)
    assert pin_images.main() == 2
    assert images(copy) == before
    assert "no digest of apache/kafka" in capsys.readouterr().err


def test_what_is_committed_has_digests_everywhere_or_nowhere() -> None:
    found = [image for image in images(DEPLOY) if not image.startswith("chatpulse:")]
    assert len({"@" in image for image in found}) == 1
    assert "latest" not in COMPOSE.read_text(encoding="utf-8")
