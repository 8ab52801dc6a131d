"""The demo's other processes: commands of this very program, on a leash."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Final, Self

from .broker import PARTITIONS

STOP_SECONDS: Final = 3.0


class Child:
    """A running command; `name` is what people are told it is."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        self.name = name
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed at the end of the block
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-P", "-m", "chatpulse.demo.leash", *arguments],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the parent, which stops us in its order
        )

    @property
    def ended(self) -> str | None:
        """Say how it ended; None while it runs."""
        status = self._process.poll()
        if status is None:
            return None
        if status < 0:
            return f"the {self.name} of the demo was killed by {signal.Signals(-status).name}"
        lines = [line for line in self._read().splitlines() if line.strip()]
        reason = lines[-1].removeprefix("chatpulse: ") if lines else "it left no word"
        return f"the {self.name} of the demo ended with status {status}: {reason}"

    def find(self, pattern: str) -> str | None:
        """Return the first group of `pattern` in what it has printed, or None."""
        found = re.search(pattern, self._read())
        return found and found[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to stop; kill it if it does not."""
        assert self._process.stdin is not None  # noqa: S101  # a pipe
        self._process.stdin.close()  # asks as well as SIGTERM does, even before it handles that
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _read(self) -> str:
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")


def _environment() -> dict[str, str]:
    """Return the environment without any configuration meant for a real worker."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATPULSE_")}
    return {**kept, "CHATPULSE_PARTITIONS": str(PARTITIONS)}
