"""The compiled engine's package: one version everywhere, locked, and never needed to set up."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from chatpulse import __version__
from tests.tools import in_ci, need

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "native"
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def toml(path: str) -> dict:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


CARGO = toml("native/Cargo.toml")
LOCKED = toml("native/Cargo.lock")["package"]
PACKAGE = toml("native/pyproject.toml")
CHATPULSE = toml("pyproject.toml")["project"]


# --- versions and locks ---------------------------------------------------------------------------


def test_engine_and_package_are_of_one_version() -> None:
    assert CARGO["package"]["version"] == CHATPULSE["version"] == __version__
    (ours,) = (one for one in LOCKED if one["name"] == CARGO["package"]["name"])
    assert ours["version"] == __version__
    assert "version" in PACKAGE["project"]["dynamic"]


def test_what_is_installed_is_of_that_version() -> None:
    try:
        installed = version("chatpulse-native")
    except PackageNotFoundError:
        if in_ci():
            pytest.fail("the compiled engine is not installed (make native)", pytrace=False)
        pytest.skip("the compiled engine is not installed")
    assert installed == __version__


def test_it_is_called_what_it_is_imported_as() -> None:
    name = PACKAGE["project"]["name"]
    assert name == CARGO["package"]["name"] == "chatpulse-native"
    assert CARGO["lib"]["name"] == name.replace("-", "_")


def test_one_wheel_serves_all_supported_pythons() -> None:
    oldest = re.match(r">=3\.(\d+)", CHATPULSE["requires-python"])
    assert oldest is not None
    assert PACKAGE["project"]["requires-python"] == f">=3.{oldest[1]}"
    assert f"abi3-py3{oldest[1]}" in CARGO["dependencies"]["pyo3"]["features"]


def test_crates_are_locked_and_of_no_mirror() -> None:
    others = [one for one in LOCKED if one["name"] != CARGO["package"]["name"]]
    assert others
    for one in others:
        assert one["source"] == CRATES_IO, one["name"]
        assert re.fullmatch(r"[0-9a-f]{64}", one["checksum"]), one["name"]
    assert PACKAGE["tool"]["maturin"]["locked"] is True


def test_it_is_built_by_what_is_locked() -> None:
    (backend,) = PACKAGE["build-system"]["requires"]
    assert backend in CHATPULSE["optional-dependencies"]["dev"]
    assert PACKAGE["build-system"]["build-backend"] == "maturin"


def test_its_licence_is_ours() -> None:
    assert (NATIVE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert PACKAGE["project"]["license"] == CARGO["package"]["license"] == CHATPULSE["license"]


@pytest.mark.parametrize("page", ["Makefile", "README.md", "CONTRIBUTING.md", "native/README.md"])
def test_the_rust_that_is_asked_for_is_enough(page: str) -> None:
    asked = re.findall(r"Rust (\d\.\d+)", (ROOT / page).read_text(encoding="utf-8"))
    assert set(asked) == {CARGO["package"]["rust-version"]}


# --- make setup -----------------------------------------------------------------------------------

PYTHON = """#!/bin/sh
case "$*" in
*" install "*|*" uninstall "*) echo "$*" >> calls ;;
*) exit 1 ;;
esac
[ ! -e broken ]
"""
"""The python of .venv: it notes what pip is told, and fails where a file says so."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give what `make setup` looks at, set up but for the compiled engine."""
    shutil.copyfile(ROOT / "Makefile", tmp_path / "Makefile")
    for name in ("requirements", "native/src", ".venv/bin", "tools"):
        (tmp_path / name).mkdir(parents=True)
    sources = ("pyproject.toml", "requirements/dev.lock", "native/Cargo.toml", "native/src/lib.rs")
    for name in sources:
        dated(tmp_path / name, 3600)
    dated(tmp_path / ".venv/.ready", 1800)
    program(tmp_path / ".venv/bin/python", PYTHON)
    for name in ("find", "grep"):
        (tmp_path / "tools" / name).symlink_to(need(name))
    return tmp_path


def dated(path: Path, seconds_ago: float) -> None:
    """Give a file a time before that of whatever is changed from now on."""
    path.touch()
    at = path.stat().st_mtime - seconds_ago
    os.utime(path, (at, at))


def program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def rust(checkout: Path) -> None:
    program(checkout / "tools/cargo", "#!/bin/sh\n")


def setup(checkout: Path, target: str = "setup", **environment: str) -> tuple[int, str, list[str]]:
    """Return the exit status of make, its output, and what pip was told."""
    calls = checkout / "calls"
    calls.unlink(missing_ok=True)
    done = subprocess.run(
        [need("make"), target],
        env={"PATH": str(checkout / "tools"), **environment},
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    stamp = checkout / ".venv/.native"
    if stamp.exists():
        dated(stamp, 900)
    told = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    return done.returncode, done.stdout, told


def test_without_rust_setting_up_says_so_once(checkout: Path) -> None:
    status, said, told = setup(checkout)
    assert (status, told) == (0, [])
    assert "plain Python engine" in said
    assert "with Rust" in said
    status, said, told = setup(checkout)
    assert (status, told) == (0, [])
    assert "plain Python" not in said


def test_with_rust_it_is_built_once(checkout: Path) -> None:
    rust(checkout)
    status, _, told = setup(checkout)
    assert status == 0
    (install,) = told
    assert install.endswith("./native")
    assert "--no-deps" in install
    assert "--no-build-isolation" in install  # else pip would fetch a backend that is not locked
    status, _, told = setup(checkout)
    assert (status, told) == (0, [])


def test_rust_that_has_come_since_is_noticed(checkout: Path) -> None:
    setup(checkout)
    rust(checkout)
    assert len(setup(checkout)[2]) == 1
    assert setup(checkout)[2] == []


def test_changed_sources_are_built_again(checkout: Path) -> None:
    rust(checkout)
    setup(checkout)
    (checkout / "native/src/more.rs").touch()
    taken, built = setup(checkout)[2]
    assert "uninstall" in taken
    assert built.endswith("./native")


def test_what_was_built_from_older_sources_does_not_stay_when_rust_has_gone(checkout: Path) -> None:
    rust(checkout)
    setup(checkout)
    (checkout / "tools/cargo").unlink()
    assert setup(checkout)[2] == []
    (checkout / "native/src/lib.rs").touch()
    status, said, (taken,) = setup(checkout)
    assert status == 0
    assert "uninstall" in taken
    assert "plain Python engine" in said


def test_a_rust_that_cannot_build_it_stops_nobody(checkout: Path) -> None:
    rust(checkout)
    (checkout / "broken").touch()
    status, said, _ = setup(checkout)
    assert status == 0
    assert "could not be built" in said
    assert setup(checkout)[2] == []
    assert setup(checkout, "native")[0] != 0
    (checkout / "broken").unlink()
    assert setup(checkout, "native")[0] == 0
    assert (checkout / ".venv/.native").read_text(encoding="utf-8") == "compiled\n"


def test_in_ci_it_must_be_built(checkout: Path) -> None:
    rust(checkout)
    (checkout / "broken").touch()
    assert setup(checkout, CHATPULSE_CI="1")[0] != 0
    assert not (checkout / ".venv/.native").exists()
    assert setup(checkout)[0] == 0  # somebody at work there
    assert setup(checkout, CHATPULSE_CI="1")[0] != 0
