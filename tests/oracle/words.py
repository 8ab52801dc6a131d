"""What texts mean: closers (section 1) and the signals of advertising (section 3)."""

from __future__ import annotations

import functools
import re
import unicodedata

PARTICLES = frozenset("呢哈啦哦呀")
CONTACT = re.compile(r"(?:微信|vx|wechat|qq|加v)[^a-z0-9]{0,3}[a-z0-9][a-z0-9_-]{4,}")
MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
URL = re.compile(r"(?:https?://|www\.)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)")
SEPARATORS = re.compile(r"(?<=[0-9])[\s\-_.·•,*/|]+(?=[0-9])")
CAMPAIGN_LENGTH = 12


def normalised(text: str) -> str:
    """NFKC, lower case, only letters (L*), digits (N*) and `?` kept, particles removed."""
    lower = unicodedata.normalize("NFKC", text).lower()
    kept = (c for c in lower if c == "?" or unicodedata.category(c)[0] in "LN")
    return "".join(c for c in kept if c not in PARTICLES)


def for_signals(text: str) -> str:
    """NFKC, lower case, no category Cf, 薇 威 徽 -> 微, no separators inside digit runs."""
    lower = unicodedata.normalize("NFKC", text).lower()
    visible = "".join(c for c in lower if unicodedata.category(c) != "Cf")
    return SEPARATORS.sub("", re.sub("[薇威徽]", "微", visible))


class Words:
    """The lists of one shop. Answers are remembered per text, for the same texts come again."""

    def __init__(
        self,
        *,
        closers: tuple[str, ...] | None,
        keywords: tuple[str, ...],
        domains: tuple[str, ...],
        exempt: tuple[str, ...],
    ) -> None:
        # list entries are normalised alike (an entry that becomes empty is dropped)
        self._closers = None if closers is None else {normalised(c) for c in closers} - {""}
        self._keywords = {for_signals(k) for k in keywords} - {""}
        self._domains = tuple(d.lower() for d in domains)
        self._exempt = {normalised(e) for e in exempt}
        self.closes = functools.lru_cache(maxsize=100_000)(self._closes)
        self.campaign = functools.lru_cache(maxsize=100_000)(self._campaign)
        self.signals = functools.lru_cache(maxsize=100_000)(self._signals)
        self.seen = functools.lru_cache(maxsize=100_000)(for_signals)

    @property
    def strict(self) -> bool:
        """`closers = "strict"` switches the rule off."""
        return self._closers is None

    def _closes(self, text: str) -> bool:
        """Normalised text that is empty, a list entry, or several of them one after another."""
        if self._closers is None:
            return False
        whole = normalised(text)
        reachable = {0}
        for at in range(len(whole)):
            if at in reachable:
                reachable |= {at + len(c) for c in self._closers if whole.startswith(c, at)}
        return len(whole) in reachable

    def _campaign(self, text: str) -> str | None:
        """Normalised text if it can be a campaign's: >= 12 characters and not in `exempt_texts`."""
        whole = normalised(text)
        if len(whole) < CAMPAIGN_LENGTH or whole in self._exempt:
            return None
        return whole

    def _signals(self, text: str) -> tuple[bool, bool, bool, frozenset[str]]:
        """Return whether there is a contact id, a mobile, a foreign URL; and the keywords."""
        seen = for_signals(text)
        return (
            CONTACT.search(seen) is not None,
            MOBILE.search(seen) is not None,
            any(not self._own(found[1]) for found in URL.finditer(seen)),
            frozenset(k for k in self._keywords if k in seen),
        )

    def _own(self, host: str) -> bool:
        """Is or is a subdomain of one of `marketplace_domains`."""
        return any(host == d or host.endswith("." + d) for d in self._domains)
