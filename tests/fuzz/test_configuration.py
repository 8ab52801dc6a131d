"""Files, variables and options that people write: settings, or one clear line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chatpulse.configuration import SettingsError
from chatpulse.failure import Failure
from chatpulse.notify import settings as relay
from chatpulse.rules_file import load_rules
from chatpulse.worker import configuration as worker
from tests.fuzz.inputs import FILE, ODD, fuzzed

Load = Callable[..., BaseModel]
WORDS = tuple(piece if isinstance(piece, str) else piece.decode(errors="replace") for piece in ODD)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run where the files that the corpus names are."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "secret").write_text("marker-of-a-secret\n", encoding="utf-8")
    (folder / "url").write_text("https://robot.example/marker-of-a-secret\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def clear(line: str) -> None:
    """Hold a message against what a person needs: one line that can be shown anywhere."""
    assert line.isprintable(), line
    assert "marker-of-a-secret" not in line


def loaded(load: Load, *arguments: Any, **sources: Any) -> None:
    """Load settings; whatever is wrong must be told as a problem with a key."""
    try:
        shown = repr(load(*arguments, **sources))
    except SettingsError as error:
        for problem in error.problems:
            assert problem.key
            clear(str(problem))
        clear(str(error))
    else:
        assert "marker-of-a-secret" not in shown


@fuzzed(words=sorted(worker.Settings.model_fields), largest=FILE)
def test_worker_settings(raw: bytes) -> None:
    Path("fuzzed.toml").write_bytes(raw)
    loaded(worker.load, Path("fuzzed.toml"))


@fuzzed(words=sorted({*relay.Settings.model_fields, *relay.Receiver.model_fields}), largest=FILE)
def test_relay_settings(raw: bytes) -> None:
    Path("fuzzed.toml").write_bytes(raw)
    loaded(relay.load, Path("fuzzed.toml"), environment={})


@fuzzed(largest=FILE)
def test_rules_file(raw: bytes) -> None:
    for name in ("fuzzed.toml", "fuzzed.json", "fuzzed"):
        Path(name).write_bytes(raw)
        try:
            rules = load_rules(Path(name))
        except Failure as failure:
            clear(failure.message)
        else:
            assert len(rules.fingerprint) == 16
            policy = rules.for_shop("旗舰店")
            policy.reader.traits("嗯，http://3.cn")
            policy.in_duty(1_741_147_200_000)


VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        ("\udcff", "1d", "0s", "99999999999d", "0.0000001ms", "secret", "url", "/", "/dev/null")
    ),
    st.text(max_size=8),
    st.from_regex(r"[0-9]{1,40}(\.[0-9]{1,400})?(ms|s|m|h|d)", fullmatch=True),
)


def keys(model: type[BaseModel]) -> st.SearchStrategy[str]:
    """Draw keys such as `security.ca`, with and without typing errors."""
    names = {
        name if not hasattr(field.annotation, "model_fields") else f"{name}.{inner}"
        for name, field in model.model_fields.items()
        for inner in getattr(field.annotation, "model_fields", ("",))
    }
    return st.one_of(st.sampled_from(sorted(names)), st.sampled_from(WORDS), st.text(max_size=5))


@pytest.mark.parametrize(
    ("load", "model", "prefix"),
    [
        (worker.load, worker.Settings, "CHATPULSE_"),
        (relay.load, relay.Settings, "CHATPULSE_NOTIFY_"),
    ],
    ids=["worker", "relay"],
)
@given(drawn=st.data())
def test_variables_and_flags(
    load: Load, model: type[BaseModel], prefix: str, drawn: st.DataObject
) -> None:
    variables = drawn.draw(st.dictionaries(keys(model), VALUES, max_size=4))
    environment: Mapping[str, str] = {
        prefix + key.replace(".", "__").upper(): value for key, value in variables.items()
    }
    flag = st.one_of(VALUES, st.none(), st.integers(), st.booleans())
    flags = drawn.draw(st.dictionaries(keys(model), flag, max_size=3))
    loaded(load, environment=environment, flags=flags)
