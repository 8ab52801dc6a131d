"""What strangers write into a log line stays in it."""

from __future__ import annotations

import json
import logging
from typing import Literal

import pytest

from chatpulse.logs import set_up

HOSTILE = "shop\n2026-01-01 error forged\r\x1b[2J\u202e\u2028end"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_message_is_one_line_without_control_and_bidi_characters(
    log_format: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up(log_format, "info")
        logging.getLogger("chatpulse.test").warning("record of %s", HOSTILE)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    line = capsys.readouterr().err
    assert len(line.splitlines()) == 1
    text = json.loads(line)["message"] if log_format == "json" else line.removesuffix("\n")
    assert text.isprintable()
    assert text.endswith("end")
