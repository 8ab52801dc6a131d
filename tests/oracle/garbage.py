"""Lines that are no valid events (events.md), and blank ones."""

from __future__ import annotations

_COMMON = '"event_id":"g1","shop_id":"s1","at":1741000000000'
_VALID = f'{_COMMON},"buyer_id":"b1"'


def _message(fields: str) -> str:
    return f'{{"type":"message",{_VALID},"sender":{fields}}}'


def _asked(fields: str) -> str:
    return _message(f'"buyer",{fields}')


def _of(kind: str, fields: str) -> str:
    return f'{{"type":"{kind}",{_VALID},{fields}}}'


def _presence(common: str) -> str:
    return f'{{"type":"presence",{common},"agent_id":"a1","state":"online"}}'


_TEXTS = [
    "null",
    "[]",
    "7",
    '"message"',
    "{",
    "{}",
    "not json",
    "\ufeff{}",
    "[" * 30_000,
    _asked('"text":"x","more":NaN'),
    _asked('"text":"x","more":-Infinity'),
    _asked('"text":"\\ud800"'),
    _asked('"text":"x","more":"\\udc00 x"'),
    _asked('"text":"x",'),
    _asked('"text":"x"') + " x",
    _asked('"text":"a\tb"'),
    _asked('"text":7'),
    _asked('"text":null'),
    _asked('"content":"text"'),
    _asked('"text":"x","auto":1'),
    _asked('"text":"x","auto":null'),
    _asked('"text":"x","assist":"true"'),
    _asked('"text":"x","content":"audio"'),
    _asked('"text":"x","content":null'),
    _asked('"text":"x","agent_id":""'),
    _asked(f'"text":"x","agent_id":"{"a" * 129}"'),
    _asked(f'"text":"x","pad":"{"x" * 65_536}"'),
    _message('"agent","text":"x"'),
    _message('"agent","agent_id":null,"text":"x"'),
    _message('"robot","text":"x"'),
    _of("gossip", '"text":"x"'),
    f'{{{_VALID},"sender":"buyer","text":"x"}}',
    _of("transfer", '"from_agent_id":"a1"'),
    _of("transfer", '"to_agent_id":null'),
    _of("marked", '"verdict":"blocked","by":"boss"'),
    _of("marked", '"verdict":"ad"'),
    _of("marked", '"verdict":"ad","by":"boss","day":"2025-02-30"'),
    _of("marked", '"verdict":"ad","by":"boss","day":"20250303"'),
    _of("marked", '"verdict":"ad","by":"boss","day":null'),
    _of("paid", '"order_id":"o1","amount_minor":1.0'),
    _of("paid", '"order_id":"o1","amount_minor":1e2'),
    _of("paid", '"order_id":"o1","amount_minor":true'),
    _of("paid", '"order_id":"o1","amount_minor":-1'),
    _of("paid", '"order_id":"o1","amount_minor":9007199254740992'),
    _of("paid", '"order_id":"o1","amount_minor":1,"items":0'),
    _of("paid", '"order_id":"o1","amount_minor":1,"items":null'),
    _of("paid", '"order_id":7,"amount_minor":1'),
    _of("flagged", '"order_id":"o1","reason":"fun"'),
    _of("rated", '"agent_id":"a1","stars":6'),
    _of("rated", '"agent_id":"a1","stars":5,"card_at":"now"'),
    f'{{"type":"cancelled",{_COMMON},"order_id":"o1"}}',
    _presence('"event_id":"g1","shop_id":"s1","at":4102444800000'),  # the year 2100
    _presence('"event_id":"g1","shop_id":"s1","at":-1'),
    _presence('"event_id":"g1","shop_id":"s1","at":1741000000000.0'),
    _presence('"event_id":"g1","shop_id":"s1","at":"1741000000000"'),
    _presence('"event_id":"","shop_id":"s1","at":1741000000000'),
    _presence(f'"event_id":"{"e" * 129}","shop_id":"s1","at":1741000000000'),
    _presence('"event_id":"g1","at":1741000000000'),
]

GARBAGE: list[bytes] = [
    b"",
    b"   ",
    b"\xff\xfe",
    _asked('"text":"x"').encode() + b"\x80",
    _asked('"text":"@"').encode().replace(b"@", b"\xff"),
    _asked('"text":"@"').encode().replace(b"@", b"\xed\xa0\x80"),
    *(text.encode() for text in _TEXTS),
]
