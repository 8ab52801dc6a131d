"""`make pin`: add to every image of deploy/ the digest that its tag has today.

    python tools/pin_images.py [--check]

Asks the registry through `docker buildx imagetools`, on a machine that is connected to one; nothing
else is believed. A digest that stands there already is replaced. With --check nothing is written:
exit status 1 says that a tag has moved or an image has no digest.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).resolve().parents[1] / "deploy"
FILES: Final = ("compose.yml", "Dockerfile")
OURS: Final = "chatpulse"
IMAGE: Final = re.compile(
    r"^(?P<before>\s*image: |ARG (?:BASE|RUST)=)(?P<name>[a-z0-9./-]+):(?P<tag>[\w.-]+)"
    r"(?P<digest>@sha256:[0-9a-f]{64})?$",
    re.MULTILINE,
)
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def main() -> int:
    """Return 0 if everything is pinned in the end."""
    parser = argparse.ArgumentParser(prog="make pin", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    docker = shutil.which("docker")
    if docker is None:
        print("make pin: docker is not installed; it asks the registry", file=sys.stderr)
        return 2
    stale = 0
    for path in (DEPLOY / name for name in FILES):
        text = path.read_text(encoding="utf-8")
        try:
            pinned = IMAGE.sub(lambda found: _pinned(docker, found), text)
        except LookupError as error:
            print(f"make pin: {error}", file=sys.stderr)
            return 2
        if pinned == text:
            continue
        stale += 1
        if check:
            print(f"{path.name} has other digests than the registry, or none: run make pin")
        else:
            path.write_text(pinned, encoding="utf-8")
            print(f"pinned: {path.name}")
    return 1 if check and stale else 0


def _pinned(docker: str, found: re.Match[str]) -> str:
    """Return the line with the digest of today; our own image has none before it is built."""
    if found["name"] == OURS:
        return found[0]
    image = f"{found['name']}:{found['tag']}"
    return f"{found['before']}{image}@{_digest(docker, image)}"


def _digest(docker: str, image: str) -> str:
    done = subprocess.run(
        [docker, "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    digest = done.stdout.strip()
    if done.returncode or not DIGEST.fullmatch(digest):
        why = (done.stderr.strip() or digest or "no answer").splitlines()[-1]
        raise LookupError(f"no digest of {image}: {why}")
    return digest


if __name__ == "__main__":
    sys.exit(main())
