"""Rules files: what each key does to which shop, and what is refused with which line."""

from __future__ import annotations

import json

import pytest

from chatpulse.conversations.policy import Rules, RulesError
from tests.builders import HOUR, MINUTE, rules_of

KEYS = (
    "timezone, closers, auto_reply_prefixes, duty_window, attribution, validity, block_list,"
    " internal_list, ad_keywords, marketplace_domains, exempt_texts"
)
REFUSED = [
    (
        "{",
        (
            "not valid JSON: Expecting property name enclosed in double quotes:"
            " line 1 column 2 (char 1)"
        ),
    ),
    ("[]", "must be a table of keys"),
    ('{"closer": []}', f"closer: unknown key; known are {KEYS}"),
    ('{"shops": []}', 'shops: must be a table: [shops."<shop_id>"]'),
    ('{"shops": {"s1": 1}}', "shops.s1: must be a table of keys"),
    ('{"shops": {"": {}}}', "shops.: a shop id has 1 to 128 characters"),
    (
        json.dumps({"shops": {"x" * 129: {}}}),
        f"shops.{'x' * 129}: a shop id has 1 to 128 characters",
    ),
    (
        '{"shops": {"s1": {"validity": 0}}}',
        "shops.s1.validity: must be a whole number of days, 1 to 365, not 0",
    ),
    ('{"shops": {"s1": {"shops": {}}}}', f"shops.s1.shops: unknown key; known are {KEYS}"),
    (
        '{"timezone": "Mars/Olympus"}',
        "timezone: 'Mars/Olympus' is no time zone such as \"Asia/Shanghai\"",
    ),
    ('{"timezone": ""}', "timezone: '' is no time zone such as \"Asia/Shanghai\""),
    ('{"timezone": "../x"}', "timezone: '../x' is no time zone such as \"Asia/Shanghai\""),
    ('{"timezone": 8}', 'timezone: 8 is no time zone such as "Asia/Shanghai"'),
    ('{"closers": "lax"}', 'closers: must be a list of strings or "strict"'),
    ('{"closers": [1]}', 'closers: must be a list of strings or "strict"'),
    ('{"closers": null}', 'closers: must be a list of strings or "strict"'),
    ('{"auto_reply_prefixes": "x"}', "auto_reply_prefixes: must be a list of strings"),
    ('{"auto_reply_prefixes": [""]}', "auto_reply_prefixes: an entry must not be empty"),
    ('{"block_list": {"b1": 1}}', "block_list: must be a list of strings"),
    ('{"internal_list": [null]}', "internal_list: must be a list of strings"),
    ('{"ad_keywords": [""]}', "ad_keywords: an entry must not be empty"),
    ('{"exempt_texts": [true]}', "exempt_texts: must be a list of strings"),
    (
        '{"marketplace_domains": ["https://x.com"]}',
        "marketplace_domains: 'https://x.com' is no domain such as \"taobao.com\"",
    ),
    (
        '{"marketplace_domains": [".x.com"]}',
        "marketplace_domains: '.x.com' is no domain such as \"taobao.com\"",
    ),
    (
        '{"duty_window": ["08:00"]}',
        'duty_window: must be two times "HH:MM", such as ["08:00", "23:00"]',
    ),
    (
        '{"duty_window": "08:00-23:00"}',
        'duty_window: must be two times "HH:MM", such as ["08:00", "23:00"]',
    ),
    (
        '{"duty_window": [8, 23]}',
        'duty_window: must be two times "HH:MM", such as ["08:00", "23:00"]',
    ),
    (
        '{"duty_window": ["8:00", "23:00"]}',
        'duty_window: must be two times "HH:MM", such as ["08:00", "23:00"]',
    ),
    (
        '{"duty_window": ["08:00", "24:01"]}',
        "duty_window: 24:01 is no time between 00:00 and 24:00",
    ),
    (
        '{"duty_window": ["08:00", "25:00"]}',
        "duty_window: 25:00 is no time between 00:00 and 24:00",
    ),
    (
        '{"duty_window": ["08:60", "23:00"]}',
        "duty_window: 08:60 is no time between 00:00 and 24:00",
    ),
    (
        '{"duty_window": ["08:00", "08:00"]}',
        "duty_window: must begin before it ends, but is 08:00 to 08:00",
    ),
    (
        '{"duty_window": ["23:00", "08:00"]}',
        "duty_window: must begin before it ends, but is 23:00 to 08:00",
    ),
    ('{"attribution": "both"}', 'attribution: must be "order" or "payment", not \'both\''),
    ('{"attribution": ["order"]}', 'attribution: must be "order" or "payment", not [\'order\']'),
    ('{"validity": 0}', "validity: must be a whole number of days, 1 to 365, not 0"),
    ('{"validity": 366}', "validity: must be a whole number of days, 1 to 365, not 366"),
    ('{"validity": 1.0}', "validity: must be a whole number of days, 1 to 365, not 1.0"),
    ('{"validity": true}', "validity: must be a whole number of days, 1 to 365, not True"),
    ('{"validity": "2"}', "validity: must be a whole number of days, 1 to 365, not '2'"),
]


@pytest.mark.parametrize(("text", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_refused(text: str, line: str) -> None:
    with pytest.raises(RulesError) as refused:
        Rules.parse(text, toml=False)
    assert str(refused.value) == line
    assert refused.value.key == (
        line.split(": ", maxsplit=1)[0] if not line.startswith(("not", "must")) else ""
    )


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(RulesError, match="not valid JSON"):
        Rules.parse("[" * 100_000, toml=False)


def test_bad_toml_is_refused() -> None:
    with pytest.raises(RulesError, match="not valid TOML"):
        Rules.parse("timezone = ", toml=True)


TOML = """
timezone = "Europe/Berlin"
closers = "strict"
auto_reply_prefixes = ["[auto]"]
duty_window = ["00:00", "24:00"]
attribution = "payment"
validity = 365
block_list = ["b1"]

[shops."s.1"]
validity = 1
duty_window = ["09:30", "18:00"]

[shops.s2]
attribution = "order"
internal_list = ["b2"]
block_list = []
"""


def test_a_toml_file_with_shops() -> None:
    rules = Rules.parse(TOML, toml=True)
    everyone, first, second = map(rules.for_shop, ("any", "s.1", "s2"))
    assert [p.validity for p in (everyone, first, second)] == [365, 1, 365]
    assert [p.attribution for p in (everyone, first, second)] == ["payment", "payment", "order"]
    assert [p.duty_window for p in (everyone, first)] == [
        (0, 24 * HOUR),
        (9 * HOUR + 30 * MINUTE, 18 * HOUR),
    ]
    assert [sorted(p.block_list) for p in (everyone, first, second)] == [["b1"], ["b1"], []]
    assert [sorted(p.internal_list) for p in (everyone, second)] == [[], ["b2"]]
    assert everyone.calendar.zone.key == "Europe/Berlin"
    assert everyone.auto_reply_prefixes == ("[auto]",)
    assert not everyone.reader.stickers_close


def test_shops_with_equal_rules_share_a_policy() -> None:
    rules = rules_of({"shops": {"s1": {"validity": 2}, "s2": {"validity": 3}}})
    assert rules.for_shop("s1") is rules.for_shop("other")
    assert rules.for_shop("s2") is not rules.for_shop("s1")


def test_defaults() -> None:
    policy = Rules().for_shop("s1")
    assert policy.calendar.zone.key == "Asia/Shanghai"
    assert (policy.attribution, policy.validity) == ("order", 2)
    assert policy.duty_window == (8 * HOUR, 23 * HOUR)
    assert policy.auto_reply_prefixes == ()
    assert policy.block_list == policy.internal_list == frozenset()
    assert policy.reader.stickers_close


CHANGES = [
    {"timezone": "UTC"},
    {"closers": "strict"},
    {"closers": []},
    {"auto_reply_prefixes": ["x"]},
    {"duty_window": ["08:00", "23:01"]},
    {"attribution": "payment"},
    {"validity": 3},
    {"block_list": ["b"]},
    {"internal_list": ["b"]},
    {"ad_keywords": []},
    {"marketplace_domains": []},
    {"exempt_texts": ["x"]},
    {"shops": {"s1": {"validity": 3}}},
    {"shops": {"s2": {"validity": 3}}},
    {"shops": {"s1": {}}},
]


def test_the_fingerprint_tells_all_rules_apart() -> None:
    prints = {rules_of(change).fingerprint for change in CHANGES}
    assert len({Rules().fingerprint, *prints}) == len(CHANGES) + 1
    assert all(len(value) == 16 and int(value, 16) >= 0 for value in prints)


def test_the_fingerprint_is_of_values_not_of_the_file() -> None:
    assert rules_of({"validity": 2}).fingerprint == Rules().fingerprint
    ordered = {"shops": {"s1": {"validity": 1}, "s2": {"validity": 3}}}
    turned = {"shops": {"s2": {"validity": 3}, "s1": {"validity": 1}}}
    assert rules_of(ordered).fingerprint == rules_of(turned).fingerprint
