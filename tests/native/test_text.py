"""The compiled reader of texts against the plain one: the same traits, whatever the text."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations.policy import Rules
from chatpulse.conversations.text import Traits
from tests.builders import rules_of
from tests.native.compiled import need_native

RULES = {
    "the defaults": Rules(),
    "no closers": rules_of({"closers": "strict"}),
    "odd lists": rules_of(
        {
            "closers": ["好", "ok!", "？"],
            "ad_keywords": ["免费", "１-2", "FREE"],
            "exempt_texts": ["请问这款还有货吗什么时候发货", "abcdefghijkl"],
        }
    ),
}
WORDS = """
    请 问 在 吗 好的 呢 哈 啦 哦 呀 薇 威 徽 微信 加V vx QQ wechat 免费 推广 http:// www. taobao.com
    １-2 FREE 13812345678 138 1234 5678 1 3 8 - _ . · • , * / | ? ？ ！ ， 。 、 “ ” … ～ 《 》
    é ﬁ Ａ Ｚ ㎏ 😀 々 一
"""
ODD = [
    "\u3000",
    " ",
    "\u200b",
    "\u00ad",
    "e\u0301",
    "\U0001f468\u200d\U0001f469",
    "\u9ffd",
    "\u9fff",
]
PIECES = st.one_of(
    st.sampled_from(WORDS.split() + ODD),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x20, max_codepoint=0x7F),
    st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF),
    st.characters(blacklist_categories=["Cs"]),
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
_unpack = msgspec.msgpack.Decoder(Traits).decode


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@given(text=TEXTS)
def test_the_same_traits(rules: Rules, text: str) -> None:
    policy = rules.for_shop("s1")
    notes = need_native().Notes(policy, False)
    assert _unpack(notes.read_text(text)) == policy.reader.traits(text)


@pytest.mark.parametrize(
    "text",
    [
        "请问这款还有货吗什么时候发货",
        "您好，我想问一下：这件衣服洗了会不会缩水呀？尺码是 M 的……",
        "ORDER-2024 12*34 的快递到哪里了！",
        "",
        "？",
    ],
)
def test_ordinary_texts_do_not_need_the_plain_reader(text: str) -> None:
    policy = rules_of({"closers": []}).for_shop("s1")
    expected = policy.reader.traits(text)

    def asked(_: str) -> Traits:
        raise AssertionError("the plain reader was asked")

    policy.reader.traits = asked  # type: ignore[method-assign,assignment]
    assert _unpack(need_native().Notes(policy, False).read_text(text)) == expected
