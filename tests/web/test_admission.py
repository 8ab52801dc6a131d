"""Who is let in, what guesses cost, and that they cost nobody else anything."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest

from chatpulse.failure import Failure
from chatpulse.web import admission as web_admission
from chatpulse.web.admission import ATTEMPTS, Admission
from chatpulse.web.answers import refusal_answer
from chatpulse.web.refusals import REASONS
from chatpulse.web.tokens import Tokens, read_tokens

USERS = {"wall": bcrypt.hashpw(b"geheim", bcrypt.gensalt(4)).decode()}
OLD, NEW = "old-token-0123456789", "new-token-0123456789"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


RIGHT, WRONG = basic("wall", "geheim"), basic("wall", "falsch")


class Desk:
    """An admission, its clock, and how many slow hashes it has computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tokens: Tokens | None = None) -> None:
        self.now = 0.0
        self.hashes = 0
        self.admission = Admission(USERS, tokens, clock=lambda: self.now)
        check = bcrypt.checkpw

        def counted(password: bytes, hashed: bytes) -> bool:
            self.hashes += 1
            return check(password, hashed)

        monkeypatch.setattr(web_admission.bcrypt, "checkpw", counted)

    async def ask(self, shown: str, client: str = "a") -> int:
        """Return the status of a refusal, or 200."""
        refusal = await self.admission.refusal(shown, client)
        if refusal is None:
            return 200
        assert refusal.reason in REASONS
        assert (refusal.status == 429) == (refusal.wait_seconds > 0)
        return refusal.status


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_after_so_many_wrong_passwords_none_is_looked_at(desk: Desk) -> None:
    async def scenario() -> None:
        assert [await desk.ask(WRONG) for _ in range(ATTEMPTS)] == [401] * ATTEMPTS
        assert [await desk.ask(shown) for shown in (WRONG, RIGHT, basic("x", "y"))] == [429] * 3
        assert desk.hashes == ATTEMPTS
        refusal = await desk.admission.refusal(WRONG, "a")
        assert refusal is not None
        assert refusal_answer(refusal).headers["Retry-After"] == "6"
        desk.now += 6
        assert await desk.ask(RIGHT) == 200

    asyncio.run(scenario())


def test_guesses_lock_nobody_else_out(desk: Desk) -> None:
    async def scenario() -> None:
        assert await desk.ask(RIGHT, "prometheus") == 200
        for _ in range(3 * ATTEMPTS):
            await desk.ask(WRONG, "guesser")
        hashes = desk.hashes
        assert await desk.ask(RIGHT, "prometheus") == 200
        assert desk.hashes == hashes
        assert await desk.ask(RIGHT, "a new wall") == 200

    asyncio.run(scenario())


def test_a_neighbour_who_guesses_does_not_lock_out_who_is_known(desk: Desk) -> None:
    async def scenario() -> None:
        assert await desk.ask(RIGHT, "a proxy") == 200
        assert {await desk.ask(WRONG, "a proxy") for _ in range(3 * ATTEMPTS)} == {401, 429}
        assert await desk.ask(RIGHT, "a proxy") == 200

    asyncio.run(scenario())


def test_what_others_know_is_a_guess_from_elsewhere(desk: Desk) -> None:
    """A guesser who is out of attempts must not find the password with the quick comparison."""

    async def scenario() -> None:
        assert await desk.ask(RIGHT, "prometheus") == 200
        for _ in range(ATTEMPTS):
            await desk.ask(WRONG, "guesser")
        assert await desk.ask(RIGHT, "guesser") == 429

    asyncio.run(scenario())


def test_right_passwords_cost_no_attempts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_admission, "KNOWN", 0)  # so that each is hashed

    async def scenario() -> None:
        assert {await desk.ask(RIGHT) for _ in range(3 * ATTEMPTS)} == {200}
        assert desk.hashes == 3 * ATTEMPTS

    asyncio.run(scenario())


def test_guesses_at_once_are_no_more_than_one_after_another(desk: Desk) -> None:
    async def scenario() -> list[int]:
        guesses = (desk.ask(basic("wall", f"guess {n}")) for n in range(5 * ATTEMPTS))
        return list(await asyncio.gather(*guesses))

    found = asyncio.run(scenario())
    assert sorted(found) == [401] * ATTEMPTS + [429] * 4 * ATTEMPTS
    assert desk.hashes == ATTEMPTS


def test_a_page_with_many_files_logs_in_once(desk: Desk) -> None:
    async def scenario() -> list[int]:
        return list(await asyncio.gather(*(desk.ask(RIGHT) for _ in range(5 * ATTEMPTS))))

    assert set(asyncio.run(scenario())) == {200}
    assert desk.hashes == 1


@pytest.mark.parametrize(
    "shown",
    ["", "Basic", "Basic !!", "Basic " + "A" * 4000, "Bearer geheim", "Digest x", "wall:geheim"],
)
def test_what_is_no_password_is_neither_hashed_nor_counted(desk: Desk, shown: str) -> None:
    async def scenario() -> None:
        assert {await desk.ask(shown) for _ in range(3 * ATTEMPTS)} == {401}
        assert desk.hashes == 0
        assert await desk.ask(RIGHT) == 200

    asyncio.run(scenario())


def test_unknown_users_are_as_slow(desk: Desk) -> None:
    asyncio.run(desk.ask(basic("nobody", "geheim")))
    assert desk.hashes == 1


def test_what_is_known_and_counted_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_admission, "KNOWN", 5)

    async def scenario() -> None:
        for number in range(20):
            assert await desk.ask(RIGHT, f"client {number}") == 200
        assert len(desk.admission._known) == 5
        assert desk.admission._checks == {}

    asyncio.run(scenario())


@pytest.fixture
def guarded(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "tokens"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_tokens_may_change_while_both_count(
    guarded: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(monkeypatch, Tokens(guarded(OLD)))

    async def both() -> list[int]:
        return [await desk.ask(f"Bearer {token}") for token in (OLD, NEW)]

    async def scenario() -> None:
        assert await both() == [200, 401]
        guarded(f"{OLD}\n{NEW}\n")
        assert await both() == [200, 200]
        guarded(NEW)
        assert await both() == [401, 200]

    asyncio.run(scenario())


def test_without_their_file_nobody_is_let_in_and_it_is_said_once(
    guarded: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = guarded(OLD)
    desk = Desk(monkeypatch, Tokens(path))

    async def scenario() -> None:
        path.unlink()
        assert [await desk.ask(f"Bearer {OLD}") for _ in range(3)] == [401] * 3
        assert caplog.text.count("No such file") == 1
        guarded("")
        assert await desk.ask("Bearer ") == 401
        guarded(OLD)
        assert await desk.ask(f"bearer {OLD}") == 200

    asyncio.run(scenario())
    assert OLD not in caplog.text


@pytest.mark.parametrize("token", ["", "x", OLD[:-1], OLD + "x", OLD.upper(), "f\udcefrst", NEW])
def test_a_wrong_token_is_none_and_locks_nobody_out(
    token: str, guarded: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(monkeypatch, Tokens(guarded(OLD)))

    async def scenario() -> None:
        assert {await desk.ask(f"Bearer {token}") for _ in range(3 * ATTEMPTS)} == {401}
        assert await desk.ask(f"Bearer {OLD}") == 200
        assert await desk.ask(RIGHT) == 200

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "one a line"),
        ("short", "16 to 512"),
        (f"{OLD}\nshort\n", "16 to 512"),
        ("two words of a token", "without spaces"),
        ("x" * 513, "16 to 512"),
        ("gëheim-0123456789", "without spaces"),
    ],
)
def test_a_file_of_no_tokens_is_refused(
    text: str, reason: str, guarded: Callable[[str], Path]
) -> None:
    path = guarded(text)
    with pytest.raises(Failure) as refused:
        read_tokens(path)
    assert reason in refused.value.message
    assert str(path) in refused.value.message
    assert not text.strip() or text.split(maxsplit=1)[0] not in refused.value.message


def test_blank_lines_and_carriage_returns_are_no_tokens(guarded: Callable[[str], Path]) -> None:
    assert read_tokens(guarded(f"\ufeff{OLD}\r\n\r\n  {NEW} \n")) == (OLD, NEW)


def test_without_users_and_tokens_everybody_is_let_in() -> None:
    assert asyncio.run(Admission().refusal("Basic nonsense", "a")) is None
