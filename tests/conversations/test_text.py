"""What a text says: closers, signals, campaigns (kpis.md 1 and 3)."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatpulse.conversations import text
from chatpulse.conversations.policy import CLOSERS
from chatpulse.conversations.text import CONTACT, FOREIGN_URL, MOBILE, digest, plain, undisguised
from tests.builders import rules_of


def traits(written: str, **rules: Any) -> text.Traits:
    return rules_of(rules).for_shop("s1").reader.traits(written)


@pytest.mark.parametrize("closer", CLOSERS)
def test_each_default_entry_closes(closer: str) -> None:
    assert traits(closer).closer


DEFAULT = """
嗯 哦 噢 好 好的 好滴 好哒 好嘞 好吧 行 行吧 可以 收到 知道 知道了 了解 了解了 明白 明白了
谢谢 谢谢亲 好的亲 谢了 多谢 感谢 辛苦了 麻烦了 不用了 没事了 没问题 再见 拜拜
ok okay thanks thank-you thx bye
"""


def test_the_default_list_is_that_of_the_definition() -> None:
    assert list(CLOSERS) == DEFAULT.split()


CLOSING = [
    "",
    "   ",
    "～！",
    "👍",
    "\u200b",
    "好的谢谢",
    "嗯嗯好的",
    "好 的。",
    "ＯＫ",
    "Thank You!!",
    "谢谢啦",
    "呢",
    "哈哈哈",
    "哦",
    "好的呀",
    "ok好的，谢谢亲",
    "好好好好好好",
    "thank-you",
    "THX",
    "好_的",
    "好的\n谢谢",
    "知道了解了",
]
ASKING = [
    "好的吗",
    "好的？",
    "?",
    "？",
    "谢谢你们",
    "1",
    "好的1",
    "okk",
    "是",
    "好的明天见",
    "谢",
    "knok",
    "嗯嗯好的吧呗",
    "tha",
    "thankyo",
]


@pytest.mark.parametrize("written", CLOSING, ids=repr)
def test_closes(written: str) -> None:
    assert traits(written).closer
    assert not traits(written, closers="strict").closer


@pytest.mark.parametrize("written", ASKING, ids=repr)
def test_asks(written: str) -> None:
    assert not traits(written).closer


def test_a_configured_list_replaces_the_default_and_is_normalised_alike() -> None:
    own = {"closers": ["Ｄ'accord ！", "哈哈", "再会", "abab", "aba"]}
    assert traits("dAccord", **own).closer
    assert traits("d accord 再会~", **own).closer
    assert traits("哈", **own).closer  # becomes empty
    assert not traits("好的", **own).closer
    assert traits("ababab" + "a", **own).closer  # abab + aba, not the first that fits
    assert not traits("ababa", **own).closer
    assert not traits("a", **own).closer


@given(st.lists(st.sampled_from(["ab", "abc", "c", "cd", "de"]), max_size=6), st.text("abcde"))
def test_entries_one_after_another(entries: list[str], other: str) -> None:
    listed = ["ab", "abc", "c", "cd", "de"]
    assert traits("".join(entries), closers=listed).closer
    grammar = re.compile("(?:ab|abc|c|cd|de)*")
    assert traits(other, closers=listed).closer == bool(grammar.fullmatch(other))


# ---- normalisation ------------------------------------------------------------------------------


def test_dropped_is_everything_but_letters_digits_and_question_marks() -> None:
    """Compare with the Unicode categories, for every code point."""
    wrong = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if bool(text._DROPPED.fullmatch(chr(point))) == _is_kept(chr(point))
    ]
    assert wrong == []


def _is_kept(character: str) -> bool:
    if character in "呢哈啦哦呀":
        return False
    return character == "?" or unicodedata.category(character)[0] in "LN"


def test_undisguised_removes_the_format_characters() -> None:
    """Compare with category Cf, for every code point."""
    wrong = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) == "Cf" and undisguised(chr(point)) != ""
    ]
    assert wrong == []


@given(st.text())
def test_normal_forms_by_the_definition(written: str) -> None:
    folded = unicodedata.normalize("NFKC", written).lower()
    assert plain(written) == "".join(filter(_is_kept, folded))
    shown = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    shown = shown.replace("薇", "微").replace("威", "微").replace("徽", "微")
    assert undisguised(written) == re.sub(r"(?<=[0-9])[\s\-_.·•,*/|]+(?=[0-9])", "", shown)


UNDISGUISED = [
    ("加薇信", "加微信"),
    ("威 徽", "微 微"),
    ("ＶＸ１２", "vx12"),
    ("兼\u00ad职", "兼职"),
    ("1 3-8.0·0•1,2*3/4|5_6", "138001234" + "56"),
    ("1 - 2", "12"),
    ("1:2", "1:2"),
    ("a-1", "a-1"),
    ("1-a", "1-a"),
    ("١-٢", "١-٢"),
    ("1\u200b-2", "12"),
]


@pytest.mark.parametrize(("written", "shown"), UNDISGUISED)
def test_undisguised(written: str, shown: str) -> None:
    assert undisguised(written) == shown


# ---- signals ------------------------------------------------------------------------------------

SIGNALS = [
    ("微信 abcde", CONTACT),
    ("微信abcd", 0),
    ("微信：-abcde", CONTACT),
    ("微信 - : abcde", 0),
    ("薇信ａｂｃ１２", CONTACT),
    ("vx:a1234", CONTACT),
    ("VX a_-12", CONTACT),
    ("wechat=z9999", CONTACT),
    ("qq12345", CONTACT),
    ("qq1234", 0),
    ("加v abcde", CONTACT),
    ("加 v abcde", 0),
    ("QQ：一12345", CONTACT),
    ("wechat", 0),
    ("微信一二三四五", 0),
    ("13812345678", MOBILE),
    ("12812345678", 0),
    ("19912345678", MOBILE),
    ("1381234567", 0),
    ("138123456789", 0),
    ("213812345678", 0),
    ("电话138-1234 5678吧", MOBILE),
    ("a13812345678b", MOBILE),
    ("一13012345678", MOBILE),
    ("23812345678", 0),
    ("http://a", FOREIGN_URL),
    ("https://evil.example/x", FOREIGN_URL),
    ("www.evil.example", FOREIGN_URL),
    ("www.", 0),
    ("http://", 0),
    ("https://一", 0),
    ("evil.example", 0),
    ("ftp://evil.example", 0),
    ("HTTPS://TAOBAO.COM/x", 0),
    ("https://item.taobao.com?id=1", 0),
    ("www.jd.com", 0),
    ("http://taobao.com.evil.example", FOREIGN_URL),
    ("http://nottaobao.com", FOREIGN_URL),
    ("http://taobao.com. 好", 0),
    ("http://tb.cn http://x.cn", FOREIGN_URL),
    ("http://tb.cn http://3.cn", 0),
    ("http://a-.", FOREIGN_URL),
    ("vx abcde 13812345678 www.x.yz", CONTACT | MOBILE | FOREIGN_URL),
]


@pytest.mark.parametrize(("written", "signals"), SIGNALS)
def test_signals(written: str, signals: int) -> None:
    assert traits(written).signals == signals


def test_domains_of_the_rules() -> None:
    own = {"marketplace_domains": ["My.Shop"]}
    assert traits("http://my.shop", **own).signals == 0
    assert traits("http://a.my.shop/x", **own).signals == 0
    assert traits("http://amy.shop", **own).signals == FOREIGN_URL
    assert traits("http://taobao.com", **own).signals == FOREIGN_URL


KEYWORDS = [
    ("刷单", {}, ("刷单",)),
    ("刷单刷单", {}, ("刷单",)),
    ("兼职 刷单 贷款 推广", {}, ("刷单", "兼职", "贷款", "推广")),
    ("兼\u00ad职", {}, ("兼职",)),
    ("加薇信", {}, ("加微信",)),
    ("刷 单", {}, ()),
    ("代理", {"ad_keywords": ["FREE", "Ｆree", "1-2"]}, ()),
    ("Free 12", {"ad_keywords": ["FREE", "Ｆree", "1-2"]}, ("free", "12")),
    ("任何", {"ad_keywords": []}, ()),
    ("任何", {"ad_keywords": ["\u200b"]}, ()),
]


@pytest.mark.parametrize(("written", "rules", "keywords"), KEYWORDS)
def test_keywords(written: str, rules: dict[str, Any], keywords: tuple[str, ...]) -> None:
    assert traits(written, **rules).keywords == keywords


# ---- campaigns and digests ----------------------------------------------------------------------


def test_a_campaign_text_has_twelve_normalised_characters() -> None:
    assert traits("一二三四五六七八九十！！！").campaign == 0
    assert traits("一二三四五六七八九十甲。。呢").campaign == 0
    assert traits("一二三四五六七八九十甲乙").campaign != 0


def test_campaign_texts_are_compared_normalised() -> None:
    spring = traits("Spring Sale NOW!").campaign
    assert spring != 0
    assert traits("ｓｐｒｉｎｇ－ｓａｌｅ　now").campaign == spring
    assert traits("spring sale now 1").campaign != spring
    assert traits("spring sale now?").campaign != spring


def test_exempt_texts_are_no_campaigns() -> None:
    exempt = {"exempt_texts": ["请问这件衣服还有没有货呀？", "短"]}
    assert traits("请问这件衣服还有没有货 ？", **exempt).campaign == 0
    assert traits("请问这件衣服还有没有货", **exempt).campaign == 0  # eleven characters
    assert traits("请问这件衣服还有没有货了吗", **exempt).campaign != 0


def test_a_digest_stands_for_the_text_as_the_signals_see_it() -> None:
    assert traits("").digest == digest("") == 0
    assert traits("\u200b").digest == 0
    assert traits("好").digest == digest("好") != 0
    assert traits("ＯＫ").digest == traits("o\u200bk").digest
    assert traits("好!").digest != traits("好").digest


@given(st.text())
def test_digests_fit_63_bits_and_are_zero_for_nothing_only(written: str) -> None:
    assert 0 <= digest(written) < 1 << 63
    assert (digest(written) == 0) == (written == "")


def test_other_contents_are_no_campaign() -> None:
    reader = rules_of().for_shop("s1").reader
    before = traits("一二三四五六七八九十甲乙")
    after = reader.without_campaign(before)
    assert (after.campaign, after.digest, after.closer) == (0, before.digest, before.closer)


def test_a_text_of_letters_and_digits_alone_has_nothing_else_to_drop() -> None:
    """The shortcuts for most texts rest on this, for every code point."""
    wrong = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if (character := chr(point)).isalnum()
        and (
            not (text._PARTICLES.search(character) or _is_kept(character))
            or unicodedata.category(character) == "Cf"
            or text._SEPARATORS.search(f"1{character}1") is not None
        )
    ]
    assert wrong == []
