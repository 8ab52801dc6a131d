"""Who comes: a buyer of a shop, the language spoken, what is on the mind."""

from __future__ import annotations

from typing import Final

from .floor import Floor
from .goods import CARRIERS, CITIES, PRODUCTS, Language, Product
from .phrases_en import PHRASES as ENGLISH
from .phrases_zh import PHRASES as CHINESE
from .staff import Desk
from .topic import Phrases

ENGLISH_SHARE: Final = 0.12


class Customer:
    """One buyer in one shop, over all visits; `words` fill the blanks of the phrases."""

    __slots__ = ("buyer_id", "desk", "floor", "language", "phrases", "product", "words")

    def __init__(self, floor: Floor, desk: Desk) -> None:
        chance = floor.rng.random
        self.floor = floor
        self.desk = desk
        self.buyer_id = floor.buyer_id()
        self.language: Language = "en" if chance() < ENGLISH_SHARE else "zh"
        self.phrases: Phrases = ENGLISH if self.language == "en" else CHINESE
        self.product: Product = PRODUCTS[int(chance() * len(PRODUCTS))]
        product = self.product
        self.words = {
            "p": product.en if self.language == "en" else product.zh,
            "s": product.sizes[int(chance() * len(product.sizes))],
            "c": f"{product.price_minor / 100:g}",
            "o": "",
            "k": CARRIERS[int(chance() * len(CARRIERS))],
            "h": CITIES[int(chance() * len(CITIES))],
            "shop": desk.name,
        }

    def fill(self, template: str) -> str:
        """Return the phrase with its blanks filled."""
        if "{" not in template:
            return template
        self.words["n"] = "2345678"[int(self.floor.rng.random() * 7)]
        return template.format_map(self.words)
