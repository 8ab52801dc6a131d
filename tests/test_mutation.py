"""The mutation tool changes what it should, one thing at a time."""

import pytest

from tools.mutation import mutants

CASES = [
    ("a < b", {"a <= b", "a >= b"}),
    ("a < b <= c", {"a <= b <= c", "a >= b <= c", "a < b < c", "a < b > c"}),
    ("a is None", {"a is not None"}),
    ("a and b", {"a or b"}),
    ("not a", {"a"}),
    ("a + b", {"a - b"}),
    ("a * b", set()),
    ("max(a, b)", {"min(a, b)"}),
    ("LIMIT = 120", {"LIMIT = 121", "LIMIT = 119"}),
    ("LIMIT: Literal[3] = 0", {"LIMIT: Literal[3] = 1"}),
    ("def f(a=True):\n    pass", {"def f(a=False):\n    pass"}),
    ("def f(a: Literal[3]) -> Literal[3]:\n    pass", set()),
    ("class C(Struct, frozen=True):\n    a: int", set()),
    ("a < b  # mutation: never equal", set()),
    (
        "match a:\n    case b if b > c:\n        pass",
        {
            "match a:\n    case b if b >= c:\n        pass",
            "match a:\n    case b if b <= c:\n        pass",
        },
    ),
]


@pytest.mark.parametrize(("source", "texts"), CASES, ids=[source for source, _ in CASES])
def test_mutants_of(source: str, texts: set[str]) -> None:
    assert {mutant.text for mutant in mutants(source)} == texts


def test_mutants_leave_nothing_behind() -> None:
    source = "if a < 3 or b > 5:\n    c = not d"
    assert all(len(set(source) ^ set(mutant.text)) <= 4 for mutant in mutants(source))
    assert len({mutant.text for mutant in mutants(source)}) == len(list(mutants(source)))
