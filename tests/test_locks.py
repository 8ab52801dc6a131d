"""The lock files: hashed, free of download hosts, and in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("bench", "build", "dev", "run")
REQUIREMENT = re.compile(r"([a-z0-9-]+)==([^ ]+)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lines(lock: str) -> list[str]:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def versions(lock: str) -> dict[str, str]:
    """Return the locked version of every package."""
    found = (REQUIREMENT.fullmatch(line) for line in lines(lock))
    return {match[1]: match[2] for match in found if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_nothing_but_requirements_and_hashes(lock: str) -> None:
    odd = [
        line for line in lines(lock) if not (REQUIREMENT.fullmatch(line) or HASH.fullmatch(line))
    ]
    assert odd == []
    assert versions(lock)


def test_developers_have_what_users_have() -> None:
    assert versions("run").items() <= versions("dev").items()


def test_the_image_is_built_with_what_developers_build_with() -> None:
    assert versions("build").items() <= versions("dev").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[=<>]", line)[0] for line in wanted}
    assert names <= versions("dev").keys()
    pinned = dict(line.split("==") for line in project["dependencies"] if "==" in line)
    assert pinned.items() <= versions("run").items()


@pytest.mark.parametrize(
    "file", ["Makefile", "deploy/Dockerfile", "deploy/systemd/chatpulse.service"]
)
def test_a_lock_is_installed_as_it_is(file: str) -> None:
    """An older pip resolves it anew, finds a newer `coverage[toml]`, and fails."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [
        line for line in text.splitlines() if "install" in line and "-r requirements" in line
    ]
    assert installs
    assert all("--no-deps" in line and "--require-hashes" in line for line in installs)
