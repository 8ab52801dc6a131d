"""The image: what gets into it, and that this runs as it will there, with the stack's settings."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatpulse import __version__
from chatpulse.demo.broker import embedded_broker, ensure_topics
from chatpulse.demo.session import TOPICS
from tests.deploy.stack import DEPLOY, SERVICES, environment
from tests.tools import need
from tools.observability.thresholds import ROOT

DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
FINAL = DOCKERFILE.split("FROM ${BASE}\n")[1]
NOBODY = "10001"


# --- the Dockerfile -------------------------------------------------------------------------------


def test_the_final_stage_builds_nothing_and_runs_as_nobody() -> None:
    assert re.search(r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+(@sha256:\w{64})?$", DOCKERFILE, re.M)
    assert not re.search(r"\b(apt-get|pip|gcc|cargo|maturin|curl|wget|ADD)\b", FINAL)
    assert f"USER {NOBODY}:{NOBODY}" in FINAL
    assert FINAL.index("USER ") > FINAL.index("RUN ")
    assert SERVICES["worker"]["user"] == f"{NOBODY}:{NOBODY}"
    assert "HEALTHCHECK" in FINAL
    assert f"ARG VERSION={__version__}" in FINAL
    for command in re.findall(r"pip(?: --python \S+)? install[^&]*? -r ", DOCKERFILE, re.DOTALL):
        assert "--require-hashes" in command
        assert "--only-binary :all:" in command


def test_only_one_stage_compiles_and_hands_on_a_wheel() -> None:
    assert re.findall(r"^FROM (\S+)(?: AS (\S+))?$", DOCKERFILE, re.M) == [
        ("${BASE}", "locked"),
        ("${RUST}", "native"),
        ("locked", "build"),
        ("${BASE}", ""),
    ]
    assert re.findall(r"^COPY --from=(\S+) (\S+) \S+$", DOCKERFILE, re.M) == [
        ("locked", "/opt/builder/bin/maturin"),
        ("native", "/build/dist"),
        ("build", "/opt/chatpulse"),
    ]
    base = re.search(r"^ARG BASE=python:[\d.]+-slim-(\w+)", DOCKERFILE, re.M)
    rust = re.search(r"^ARG RUST=rust:1\.(\d+)\.\d+-slim-(\w+)(@sha256:\w{64})?$", DOCKERFILE, re.M)
    assert base is not None
    assert rust is not None
    assert rust[2] == base[1]
    package = tomllib.loads((ROOT / "native/Cargo.toml").read_text(encoding="utf-8"))["package"]
    assert int(rust[1]) >= int(package["rust-version"].removeprefix("1."))


def test_its_healthcheck_is_that_of_the_worker() -> None:
    written = re.search(r"CMD \[\"python\", (.*)\]", FINAL)
    assert written is not None
    parts = SERVICES["worker"]["healthcheck"]["test"]
    assert written[1] == ", ".join(f'"{part}"' for part in parts[2:])


# --- what is built --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Give a folder that another user may enter, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(prefix="chatpulse-image-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def context(folder: Path) -> Path:
    """Copy what .dockerignore lets through."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore
    context = folder / "context"
    for name in (line[1:] for line in ignore if line.startswith("!")):
        place = context / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, place)
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M):
        assert all((context / name).exists() for name in copied.split()), copied
    return context


@pytest.fixture(scope="module")
def wheel(folder: Path, context: Path) -> Path:
    """Build the wheel as the Dockerfile does."""
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(context)),
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(folder: Path, wheel: Path) -> Path:
    """Install the wheel into an environment that has the dependencies but not this checkout."""
    place = folder / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    run(
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"),
        *("--no-cache", "--python", str(python), str(wheel)),
    )
    (site,) = place.glob("lib/python3.*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return place / "bin"


def run(*command: str, timeout: float = 90, **options: object) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout + done.stderr)


def test_the_wheel_holds_the_package_with_all_its_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    source = ROOT / "src"
    ours = {
        str(path.relative_to(source))
        for path in (source / "chatpulse").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= names
    assert {name.split("/")[0] for name in names} == {
        "chatpulse",
        f"chatpulse-{__version__}.dist-info",
    }
    assert {
        "chatpulse/telemetry/thresholds.toml",
        "chatpulse/wall/static/index.html",
        "chatpulse/wall/static/wall.css",
        "chatpulse/wall/static/wall.js",
        "chatpulse/wall/static/THIRD-PARTY.txt",
        "chatpulse/py.typed",
        f"chatpulse-{__version__}.dist-info/licenses/LICENSE",
    } <= names


def test_the_compiled_engine_is_built_as_in_its_stage(context: Path, tmp_path: Path) -> None:
    """By the same command, where there are a compiler and maturin, and no Python."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "maturin").symlink_to(Path(sysconfig.get_path("scripts")) / "maturin")
    for name in ("cargo", "rustc", "cc", "ld", "as", "ar"):
        (tools / name).symlink_to(need(name))
    command = re.search(r"^RUN (maturin build .*)$", DOCKERFILE, re.M)
    assert command is not None
    copied = re.search(r"^COPY LICENSE (native/\S+)$", DOCKERFILE, re.M)
    assert copied is not None
    shutil.copyfile(context / "LICENSE", context / copied[1])
    hasty = {
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
        "CARGO_TARGET_DIR": str(ROOT / "native/target/image"),
        "PATH": str(tools),
    }
    run(*command[1].split(), env=dict(os.environ) | hasty, cwd=context, timeout=300)
    (found,) = (context / "dist").glob("*.whl")
    assert re.fullmatch(rf"chatpulse_native-{__version__}-cp311-abi3-linux_\w+\.whl", found.name)
    with zipfile.ZipFile(found) as archive:
        names = archive.namelist()
    assert f"chatpulse_native-{__version__}.dist-info/licenses/LICENSE" in names


def test_what_it_needs_is_locked(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = (ROOT / "requirements/run.lock").read_text(encoding="utf-8")
    for line in project["dependencies"]:
        assert re.search(rf"^{re.split('[=<>]', line)[0]}==", locked, re.M), line


def test_the_installed_command_is_the_installed_package(installed: Path, folder: Path) -> None:
    assert run(str(installed / "chatpulse"), "--version") == f"chatpulse {__version__}\n"
    where = run(str(installed / "python"), "-c", "import chatpulse; print(chatpulse.__file__)")
    assert where.startswith(str(folder))


# --- how it runs ----------------------------------------------------------------------------------


def nobody(installed: Path) -> tuple[str, ...]:
    """Return a prefix that runs a command as the image's user, if this machine lets us."""
    setpriv = shutil.which("setpriv")
    if os.getuid() or setpriv is None:
        return ()
    prefix = (
        *(setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"),
    )
    tried = subprocess.run(
        [*prefix, str(installed / "python"), "-c", "import faust"], capture_output=True, check=False
    )
    return () if tried.returncode else prefix


def clean(installed: Path, found: dict[str, str]) -> dict[str, str]:
    """Return the environment of a container with these variables."""
    return {"PATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"} | found


@pytest.mark.parametrize("service", ["worker", "topics"])
def test_the_settings_of_the_stack_are_valid(service: str, installed: Path) -> None:
    said = run(
        str(installed / "chatpulse"), "check", env=clean(installed, environment(service)), cwd="/"
    )
    assert said == "configuration and rules are valid\n"


def test_a_wrong_setting_of_the_stack_is_noticed(installed: Path) -> None:
    wrong = clean(installed, environment("worker", CHATPULSE_WEB_PROT="8080"))
    done = subprocess.run(
        [installed / "chatpulse", "check"], env=wrong, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "web_prot" in done.stderr


def test_the_relay_of_the_stack_is_valid(installed: Path, tmp_path: Path) -> None:
    _, *arguments = SERVICES["notify"]["command"]
    text = (DEPLOY / "compose/notify.toml").read_text(encoding="utf-8")
    file = tmp_path / "notify.toml"
    file.write_text(
        text.replace("/run/secrets/notify", str(DEPLOY / "secrets.example/notify")), "utf-8"
    )
    assert arguments == ["--config", "/etc/chatpulse/notify.toml"]
    said = run(
        *(str(installed / "chatpulse"), "notify", "--config", str(file), "--check"),
        env=clean(installed, environment("notify")),
        cwd="/",
    )
    assert said == "the configuration is valid and the secrets are readable\n"


@pytest.mark.parametrize("service", ["worker", "topics", "notify", "simulator"])
def test_the_commands_of_the_stack_exist(service: str, installed: Path) -> None:
    command, *arguments = SERVICES[service]["command"]
    said = run(str(installed / "chatpulse"), command, "--help")
    for option in (one for one in arguments if one.startswith("--")):
        assert re.search(rf"{option}\b", said), option


@contextmanager
def served(installed: Path, command: list[str], found: dict[str, str]) -> Iterator[int]:
    """Run a service as nobody, where it can write nowhere; give the port it listens on."""
    process = subprocess.Popen(
        [*nobody(installed), str(installed / "chatpulse"), *command],
        env=clean(installed, found),
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        seen = ""
        for line in process.stdout:
            seen += line
            if port := re.search(r"listening on http://[\d.]+:(\d+)", line):
                break
        else:
            raise AssertionError(seen)
        yield int(port[1])
        process.terminate()
        rest = process.communicate(timeout=30)[0]
        assert process.returncode == 0, seen + rest
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def healthy(service: str, installed: Path, ours: int) -> bool:
    """Run the health check of the stack against the port of a process here."""
    _, program, *arguments = SERVICES[service]["healthcheck"]["test"]
    script = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{ours}", arguments[-1])
    command = [*nobody(installed), str(installed / program), *arguments[:-1], script]
    return not subprocess.run(command, capture_output=True, timeout=30, check=False).returncode


def nobody_listens() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_worker_and_simulator_run_as_in_the_stack(installed: Path) -> None:
    with embedded_broker() as address:
        ensure_topics(address, TOPICS)
        settings = environment("worker", CHATPULSE_BROKERS=address, CHATPULSE_WEB_PORT="0")
        simulate = [
            part.replace("kafka:19092", address) for part in SERVICES["simulator"]["command"]
        ]
        with served(installed, SERVICES["worker"]["command"], settings) as port:
            run(
                *nobody(installed),
                *(str(installed / "chatpulse"), *simulate, "--for", "1s"),
                env=clean(installed, {}),
                cwd="/",
            )
            assert healthy("worker", installed, port)
        assert not healthy("worker", installed, nobody_listens())


def test_the_relay_runs_as_in_the_stack(installed: Path, folder: Path) -> None:
    state = folder / "state"
    state.mkdir()
    if prefix := nobody(installed):
        os.chown(state, int(NOBODY), int(NOBODY))
    assert prefix or os.access(state, os.W_OK)
    text = (DEPLOY / "compose/notify.toml").read_text(encoding="utf-8")
    file = folder / "notify.toml"
    file.write_text(
        text.replace("/run/secrets/notify", str(DEPLOY / "secrets.example/notify")), "utf-8"
    )
    settings = environment(
        "notify",
        CHATPULSE_NOTIFY_WEB_PORT="0",
        CHATPULSE_NOTIFY_STATE_FILE=str(state / "notify.json"),
    )
    with served(installed, ["notify", "--config", str(file)], settings) as port:
        assert healthy("notify", installed, port)
