"""Signatures against values that another program computed.

DingTalk: printf '1700000000000\\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64
Feishu: the same over nothing, with `1599360473\\ndemo` as the key (-mac HMAC -macopt hexkey:...).
"""

from urllib.parse import parse_qs, urlsplit

from chatpulse.notify.vendors import dingtalk, feishu

DINGTALK = "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="
FEISHU = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_dingtalk() -> None:
    assert dingtalk.signature_of("SECtest", 1_700_000_000_000) == DINGTALK


def test_feishu() -> None:
    assert feishu.signature_of("demo", 1_599_360_473) == FEISHU


def test_dingtalk_signs_in_the_url() -> None:
    url, body = dingtalk.sign(
        "https://d/send?access_token=x", {"a": 1}, "SECtest", 1_700_000_000_000
    )
    assert body == {"a": 1}
    assert "+" not in url
    assert parse_qs(urlsplit(url).query) == {
        "access_token": ["x"],
        "timestamp": ["1700000000000"],
        "sign": [DINGTALK],
    }


def test_feishu_signs_in_the_body() -> None:
    url, body = feishu.sign("https://f/hook/x", {"msg_type": "text"}, "demo", 1_599_360_473_999)
    assert url == "https://f/hook/x"
    assert body == {"timestamp": "1599360473", "sign": FEISHU, "msg_type": "text"}
