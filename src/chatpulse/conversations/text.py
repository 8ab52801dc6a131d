"""What a buyer's text says for the rules: closer, advertising signals, campaign key (kpis.md 1, 3).

Everything is a function of the text and of the rules, so that a row keeps these traits and not the
text itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

CONTACT: Final = 1
MOBILE: Final = 2
FOREIGN_URL: Final = 4
CAMPAIGN_LENGTH: Final = 12

_DROPPED: Final = re.compile(r"[^\w?]+|[_呢哈啦哦呀]+")
"""All but letters, digits and `?`, and the particles; \\w is L*, N* and _ (a test checks it)."""
_PARTICLES: Final = re.compile("[呢哈啦哦呀]")
_DISGUISES: Final = str.maketrans("薇威徽", "微微微")
_DIGIT: Final = re.compile("[0-9]")
_SEPARATORS: Final = re.compile(r"(?<=[0-9])[\s\-_.·•,*/|]+(?=[0-9])")
_CONTACT: Final = re.compile(r"(?:微信|vx|wechat|qq|加v)[^a-z0-9]{0,3}[a-z0-9][a-z0-9_-]{4,}")
_MOBILE: Final = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_URL: Final = re.compile(r"(?:https?://|www\.)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)")


class Traits(Struct, frozen=True, array_like=True, gc=False, order=True):
    """What is kept of a buyer's text.

    `closer`: the text alone would be a closer. `digest`: 63 bits that stand for the text as the
    signals see it, 0 for the empty one. `signals`: CONTACT | MOBILE | FOREIGN_URL. `keywords`: the
    advertising keywords in it. `campaign`: 63 bits that stand for the normalised text, 0 if it can
    be no campaign's.
    """

    closer: bool
    digest: int
    signals: int
    keywords: tuple[str, ...]
    campaign: int


def plain(text: str) -> str:
    """Normalise for closers and campaigns: NFKC, lower case, letters, digits and `?` only."""
    return _plain(_folded(text))


def undisguised(text: str) -> str:
    """Normalise for the signals: NFKC, lower case, no Cf, 薇威徽 as 微, digits joined."""
    return _undisguised(_folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _plain(folded: str) -> str:
    if folded.isalnum() and not _PARTICLES.search(folded):  # most texts: nothing to drop
        return folded
    return _DROPPED.sub("", folded)


def _undisguised(folded: str) -> str:
    shown = folded
    if "薇" in folded or "威" in folded or "徽" in folded:
        shown = folded.translate(_DISGUISES)
    if shown.isalnum():  # most texts: neither format characters nor separators
        return shown
    if not shown.isprintable():  # characters of category Cf are not
        shown = "".join(c for c in shown if unicodedata.category(c) != "Cf")
    return _SEPARATORS.sub("", shown) if _DIGIT.search(shown) else shown


def digest(text: str) -> int:
    """Return 63 bits that stand for a text; 0 stands for the empty one only."""
    if not text:
        return 0
    encoded = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "big") >> 1 or 1


class TextReader:
    """Reads texts by the lists of one shop's rules."""

    def __init__(
        self,
        *,
        closers: Iterable[str] | None,
        ad_keywords: Iterable[str],
        marketplace_domains: Iterable[str],
        exempt_texts: Iterable[str],
    ) -> None:
        """Take the lists as configured; `closers=None` switches the closers off."""
        self.has_closers = closers is not None
        self._closers = {entry for entry in map(plain, closers or ()) if entry}
        self.closer_starts = {entry[0] for entry in self._closers}
        self._closer_lengths = sorted({len(entry) for entry in self._closers})
        self.keywords = tuple(dict.fromkeys(k for k in map(undisguised, ad_keywords) if k))
        self._any_keyword = re.compile("|".join(map(re.escape, self.keywords)) or r"(?!)")
        self._domains = tuple(marketplace_domains)
        self._subdomains = tuple(f".{domain}" for domain in self._domains)
        self.exempt = {plain(text) for text in exempt_texts}
        self.traits = lru_cache(maxsize=1 << 14)(self._traits)

    def _traits(self, text: str) -> Traits:
        folded = _folded(text)
        normal, shown = _plain(folded), _undisguised(folded)
        stands_for, campaign = digest(shown), 0
        if len(normal) >= CAMPAIGN_LENGTH and normal not in self.exempt:
            campaign = stands_for if normal == shown else digest(normal)
        keywords: tuple[str, ...] = ()
        if self._any_keyword.search(shown):
            keywords = tuple(k for k in self.keywords if k in shown)
        return Traits(
            closer=self.has_closers and self._is_closing(normal),
            digest=stands_for,
            signals=self._signals(shown),
            keywords=keywords,
            campaign=campaign,
        )

    def _signals(self, shown: str) -> int:
        signals = 0
        if _CONTACT.search(shown):
            signals |= CONTACT
        if "1" in shown and _MOBILE.search(shown):
            signals |= MOBILE
        has_url = "://" in shown or "www." in shown
        if has_url and not all(map(self._is_own, _URL.findall(shown))):
            signals |= FOREIGN_URL
        return signals

    def without_campaign(self, traits: Traits) -> Traits:
        """Return the traits of a message that is no `text` and so is part of no campaign."""
        return replace(traits, campaign=0)

    @property
    def stickers_close(self) -> bool:
        """Whether a sticker is a closer: always, unless the rule is switched off."""
        return self.has_closers

    def _is_own(self, host: str) -> bool:
        return host in self._domains or host.endswith(self._subdomains)

    def _is_closing(self, normal: str) -> bool:
        """Tell whether the text is empty or list entries, one after another."""
        if normal and normal[0] not in self.closer_starts:
            return False
        ends, farthest = {0}, 0
        for position in range(len(normal)):
            if position in ends:
                for length in self._closer_lengths:
                    if normal[position : position + length] in self._closers:
                        ends.add(position + length)
                        farthest = max(farthest, position + length)
            elif position > farthest:
                return False
        return len(normal) in ends
