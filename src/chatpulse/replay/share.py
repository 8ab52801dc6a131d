"""Shops shared out among processes."""

from __future__ import annotations

from zlib import crc32


class Share(dict[str, bool]):
    """Whether a shop belongs to this share: number `index` of as many as `of`; by default all."""

    def __init__(self, index: int = 0, of: int = 1) -> None:
        super().__init__()
        self.index = index
        self.of = of

    def __missing__(self, shop_id: str) -> bool:
        self[shop_id] = mine = crc32(shop_id.encode()) % self.of == self.index
        return mine
