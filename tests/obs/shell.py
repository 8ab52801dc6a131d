"""Programs that must succeed."""

import subprocess


def output(*command: str) -> str:
    """Run a program; return what it writes, or fail with it."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
