"""What strangers write into a log line stays in it, and what an error quotes does not get there."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.logs import set_up
from tests.log_state import logging_kept

Format: TypeAlias = Literal["text", "json"]
Write: TypeAlias = Callable[..., list[str]]

HOSTILE = "shop\n2026-01-01 error forged\r\x1b[2J\u202e\u2028end"
BUYER = "buyer-77120"
OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [a-z]+ [\w.]+: |    ")
log = logging.getLogger("chatpulse.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Undo what `set_up` does to the process."""
    with logging_kept():
        yield


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Write:
    """Give a function that calls another one and returns the lines it has logged."""

    def written(act: Callable[[], object], level: str = "info") -> list[str]:
        set_up(request.param, level)
        act()
        found = capsys.readouterr().err
        assert found.endswith("\n") or not found
        lines = found.split("\n")[:-1]
        for line in lines:
            if request.param == "json":
                assert json.loads(line).keys() >= {"time", "level", "logger", "message"}
            else:
                assert OURS.match(line), line
            assert line.isprintable()
        return lines

    return written


def test_a_message_is_one_line_without_control_and_bidi_characters(written: Write) -> None:
    (line,) = written(lambda: log.warning("record of %s", HOSTILE))
    text = json.loads(line)["message"] if line.startswith("{") else line
    assert text.isprintable()
    assert text.endswith("end")


@given(st.text(), st.sampled_from(["text", "json"]))
def test_no_text_ends_its_line(text: str, log_format: Format) -> None:
    set_up(log_format, "info")
    formatter = logging.getLogger().handlers[0].formatter
    assert formatter is not None
    try:
        raise OSError(2, text, text)
    except OSError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s: %r", (text, found[1]), found)
    first, *more = formatter.format(record).split("\n")
    assert first.isprintable()
    assert not more or log_format == "text"
    for line in more:
        assert line.startswith("    ")
        assert line.isprintable()


def fail(error: BaseException) -> None:
    raise error


def logged(error: BaseException) -> None:
    try:
        fail(error)
    except type(error) as caught:
        log.critical("it failed: %s, %r", caught, caught, exc_info=caught)


def caused() -> None:
    try:
        try:
            fail(KeyError(BUYER))
        except KeyError as first:
            raise ValueError(f"no row of {BUYER}") from first
    except ValueError:
        log.exception("it failed")


def handling() -> None:
    try:
        try:
            fail(KeyError(BUYER))
        except KeyError:
            fail(TypeError(BUYER))
    except TypeError as error:
        log.error(error)
        log.exception("it failed: %(why)s", {"why": error})


QUOTING: list[tuple[str, Callable[[], object], tuple[str, ...]]] = [
    ("an error", lambda: logged(KeyError(BUYER)), ("KeyError", "in fail", "left out")),
    ("an error of several lines", lambda: logged(ValueError(f"{BUYER}\n2026")), ("ValueError",)),
    ("its cause", caused, ("KeyError", "which led to:", "ValueError")),
    ("what was being handled", handling, ("KeyError", "which led to:", "TypeError")),
    (
        "a group",
        lambda: logged(ExceptionGroup(BUYER, [KeyError(BUYER), OSError(2, "away")])),
        ("ExceptionGroup", "of which one is:", "KeyError", "FileNotFoundError: [Errno 2] away"),
    ),
    ("one with a note", lambda: logged(noted(LookupError("x"))), ("LookupError",)),
]


def noted(error: Exception) -> Exception:
    error.add_note(BUYER)
    return error


@pytest.mark.parametrize(
    ("act", "told"), [case[1:] for case in QUOTING], ids=[case[0] for case in QUOTING]
)
def test_what_an_error_quotes_is_not_told(
    written: Write, act: Callable[[], object], told: tuple[str, ...]
) -> None:
    text = "\n".join(written(act))
    assert BUYER not in text
    assert not [word for word in ("Traceback", *told) if word not in text]


HARMLESS = [
    OSError(111, "Connect call failed", "127.0.0.1:9092"),
    TimeoutError("nothing at 3 before 5"),
    UnknownTopicOrPartitionError("shop.orders"),
]


@pytest.mark.parametrize("error", HARMLESS, ids=lambda error: type(error).__name__)
def test_what_machines_say_is_told(written: Write, error: Exception) -> None:
    text = "\n".join(written(lambda: logged(error)))
    assert text.count(str(error)) >= 2


def test_a_cause_that_is_its_own_cause_ends(written: Write) -> None:
    first, second = KeyError(BUYER), ValueError(BUYER)
    first.__cause__, second.__cause__ = second, first
    assert "\n".join(written(lambda: logged(first))).count("which led to:") == 1


def test_a_recursion_without_end_is_told_in_few_lines(written: Write) -> None:
    def deeper() -> None:
        deeper()

    def act() -> None:
        try:
            deeper()
        except RecursionError:
            log.exception("it failed")

    text = "\n".join(written(act)).replace("\\n", "\n")
    assert "RecursionError" in text
    assert len(text.splitlines()) < 40


def test_an_error_that_nobody_catches_is_a_log_line(written: Write) -> None:
    def act() -> None:
        for kind, value in ((KeyError, KeyError(BUYER)), (ValueError, None)):
            sys.excepthook(kind, value, None)  # type: ignore[arg-type]  # Python calls it so, too

    text = "\n".join(written(act))
    assert "an error that nobody expected: KeyError" in text
    assert BUYER not in text
    assert "Traceback" in text


def test_an_error_of_a_thread_is_a_log_line(written: Write) -> None:
    def act() -> None:
        thread = threading.Thread(target=fail, args=(KeyError(BUYER),))
        thread.start()
        thread.join()

    text = "\n".join(written(act))
    assert "KeyError" in text
    assert BUYER not in text


def test_a_task_that_nobody_waits_for_does_not_show_its_arguments(written: Write) -> None:
    async def forgotten(buyer: str) -> None:
        raise KeyError(buyer)

    async def loop() -> None:
        asyncio.get_running_loop().call_soon(fail, KeyError(BUYER))
        task = asyncio.create_task(forgotten(BUYER))
        await asyncio.wait([task])

    def act() -> None:
        asyncio.run(loop())
        gc.collect()

    text = "\n".join(written(act))
    assert "Task exception was never retrieved" in text
    assert "Exception in callback" in text
    assert BUYER not in text


def test_a_line_that_cannot_be_written_is_missed_without_its_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up("text", "info")
    log.info("%d buyers", BUYER)
    found = capsys.readouterr().err
    assert re.fullmatch(
        r"chatpulse: a log line cannot be written \(.*test_logs.py:[0-9]+\)\n", found
    )


def test_a_warning_of_python_is_a_log_line(written: Write) -> None:
    def act() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old\nstyle", stacklevel=1)

    (line,) = written(act)
    assert "old" in line


@pytest.mark.parametrize("name", ["aiokafka.conn", "faust.app", "mode.services", "kafka"])
def test_libraries_cannot_show_their_requests(written: Write, name: str) -> None:
    """At debug aiokafka writes whole requests, that with the SASL password among them."""

    def act() -> None:
        for level in (logging.NOTSET, logging.DEBUG):
            logging.getLogger(name).setLevel(level)
            logging.getLogger(name).debug("Request 1: %s", "password")
            logging.getLogger(name).info("Authenticated as %s", "password")
        logging.getLogger(name).warning("away")
        logging.getLogger(name).setLevel(logging.NOTSET)

    (line,) = written(act, "debug")
    assert "away" in line
