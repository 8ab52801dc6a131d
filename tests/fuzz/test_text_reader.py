"""What a buyer writes: read in bounded time, whatever it is, and the same however it is spelt."""

from __future__ import annotations

import unicodedata

from hypothesis import example

from chatpulse.contract.codec import MAX_BYTES
from chatpulse.conversations.policy import AD_KEYWORDS, CLOSERS, Rules
from tests.fuzz.inputs import fuzzed

MAX_BITS = 2**63


@example(raw=b"ok" * 32_000)  # took 25 s when every place was compared with all ends of closers
@fuzzed(words=(*CLOSERS, *AD_KEYWORDS, "www.", "http://", "taobao.com", "加v", "13800138000"))
def test_text_reader(raw: bytes) -> None:
    text = raw[:MAX_BYTES].decode(errors="ignore")
    reader = Rules().for_shop("s").reader  # one of its own: another's memory would answer
    traits = reader.traits(text)
    assert 0 <= traits.digest < MAX_BITS
    assert 0 <= traits.campaign < MAX_BITS
    assert reader.traits(unicodedata.normalize("NFKC", text)) == traits
