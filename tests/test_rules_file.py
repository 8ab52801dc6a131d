"""The rules file from the outside: what is read, and the one line for what is not."""

from pathlib import Path

import pytest

from chatpulse.failure import CANNOT_READ, Failure
from chatpulse.rules_file import load_rules

TOML = 'attribution = "payment"\n[shops."s1"]\nvalidity = 3\n'
JSON = '{"attribution": "payment", "shops": {"s1": {"validity": 3}}}'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rules.toml", TOML),
        ("rules.json", JSON),
        ("rules", TOML),
        ("rules", "\n  " + JSON),
        ("rules.toml", "\ufeff" + TOML),
    ],
)
def test_toml_and_json_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    rules = load_rules(path)
    assert rules.for_shop("s1").validity == 3
    assert rules.for_shop("s2").validity == 2
    assert rules.for_shop("s2").attribution == "payment"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rules.toml", b"no_such_key = 1", "no_such_key: unknown key"),
        ("rules.json", b'{"validity": "2"}', "validity: must be a whole number"),
        ("rules.toml", b'[shops."s1"]\nclosers = 1', "shops.s1.closers: must be"),
        ("rules.json", TOML.encode(), "not valid JSON"),
        ("rules.toml", JSON.encode(), "not valid TOML"),
        ("rules.json", b"[]", "must be a table"),
        ("rules", b"\xff", "not UTF-8 at byte 0"),
        ("rules", None, "No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        load_rules(path)
    assert caught.value.exit_code == CANNOT_READ
    assert caught.value.message.startswith(f"rules {path}: ")
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


def test_a_directory_is_no_rules_file(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="it is a directory"):
        load_rules(tmp_path)
