"""The events that are measured with: a seeded crowd in a room, as NDJSON in the contract's form.

85 % messages, 15 % orders. In the standard room every buyer may write at any moment, the busy ones
more often. With `visits` only so many buyers are there at once, each for about ten events; then
every conversation is opened beforehand by one question and its answer (`opening` events), so that
a run can be measured with that many conversations already remembered.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(".cache/bench")
START: Final = 1_772_416_800_000
"""Monday 2026-03-02, 10:00 in Shanghai: the first event, unless a run needs events of now."""

MS_PER_EVENT: Final = 9
"""400,000 events in an hour."""

ORDERS: Final = 0.15
VISIT_ENDS: Final = 0.1
ANSWER_MS: Final = 5000
PHRASES: Final = 500
"""Short things that everybody says: every other message is one of them."""

TEXTS: Final = 5000
"""Halves of all other messages: two make one, so that hardly any two of those are the same."""

HAN: Final = (
    "您好请问这款有货吗什么时候发可以优惠点发票地址修改退换尺码颜色质保快递到了谢谢亲稍等马上为查询"
    "一下订单已下单付款成功物流信息客服在线售后问题处理好的没关系收到满减活动今天截止"
)


@dataclass(frozen=True)
class Workload:
    """What makes a data set; equal workloads give equal bytes."""

    events: int
    seed: int = 20240607
    shops: int = 20
    agents: int = 400
    buyers: int = 20_000
    visits: int = 0
    start_at: int = START
    ms_per_event: float = MS_PER_EVENT
    has_opening: bool = True

    @property
    def opening(self) -> int:
        """Events before the measured ones."""
        return 2 * self.buyers if self.visits and self.has_opening else 0

    @property
    def total(self) -> int:
        """All events."""
        return self.opening + self.events

    def file(self) -> Path:
        """Return the NDJSON file, written at the first call."""
        path = FOLDER / f"events-{'-'.join(map(str, astuple(self)))}.ndjson"
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            with partial.open("w", encoding="utf-8", buffering=1 << 20) as file:
                file.writelines(lines(self))
            partial.rename(path)
        return path


class _Room:
    """Who serves whom, and what is ordered and not yet paid."""

    def __init__(self, workload: Workload) -> None:
        self.draw = draw = random.Random(workload.seed)
        self._workload = workload
        self._phrases = [_text(draw, 2, 10) for _ in range(PHRASES)]
        self._texts = [_text(draw, 7, 20) for _ in range(TEXTS)]
        self._per_shop = max(1, workload.agents // workload.shops)
        self._serving = [draw.randrange(self._per_shop) for _ in range(workload.buyers)]
        self._unpaid: dict[int, tuple[str, int]] = {}
        self._order_count = 0

    def message(self, buyer: int, sender: str, at: int) -> str:
        """Return a line: a message of the buyer's conversation."""
        shop = buyer % self._workload.shops
        agent = f"agent_{shop:03d}_{self._serving[buyer]:04d}"
        draw = self.draw.random
        if draw() < 0.5:
            text = self._phrases[int(PHRASES * draw())]
        else:
            text = self._texts[int(TEXTS * draw())] + self._texts[int(TEXTS * draw())]
        return (
            f'{{"type":"message",{self._who(buyer, at)},"sender":"{sender}",'
            f'"agent_id":"{agent}","text":"{text}"}}\n'
        )

    def order(self, buyer: int, at: int) -> str:
        """Return a line: an order is placed, or the one before is paid."""
        draw = self.draw.random
        if buyer in self._unpaid and draw() < 0.8:
            order_id, amount = self._unpaid.pop(buyer)
            kind = "paid"
        else:
            self._order_count += 1
            order_id, amount = f"ord_{self._order_count:08d}", int(500 + 99_500 * draw())
            self._unpaid[buyer] = order_id, amount
            kind = "created"
        return (
            f'{{"type":"{kind}",{self._who(buyer, at)},'
            f'"order_id":"{order_id}","amount_minor":{amount}}}\n'
        )

    def reassign(self, buyer: int) -> None:
        """Let another agent serve the buyer from now on."""
        self._serving[buyer] = self.draw.randrange(self._per_shop)

    def _who(self, buyer: int, at: int) -> str:
        event_id = f"{self.draw.getrandbits(64):016x}"
        shop = buyer % self._workload.shops
        return (
            f'"event_id":"{event_id}","shop_id":"shop_{shop:03d}",'
            f'"buyer_id":"buyer_{buyer:07d}","at":{at}'
        )


def lines(workload: Workload) -> Iterator[str]:
    """Yield the events, one line of JSON each."""
    room = _Room(workload)
    draw = room.draw.random
    at = float(workload.start_at)
    if workload.opening:
        for buyer in range(workload.buyers):
            at += workload.ms_per_event
            yield room.message(buyer, "buyer", int(at))
            yield room.message(buyer, "agent", int(at) + ANSWER_MS)
        at += 2 * ANSWER_MS
    pick = _picker(workload, draw)
    for _ in range(workload.events):
        at += 2 * workload.ms_per_event * draw()
        buyer = pick()
        if draw() < ORDERS:
            yield room.order(buyer, int(at))
            continue
        if draw() < 0.03:
            room.reassign(buyer)
        of = draw()
        sender = "buyer" if of < 0.52 else "agent" if of < 0.90 else "bot"
        yield room.message(buyer, sender, int(at))


def _picker(workload: Workload, draw: Callable[[], float]) -> Callable[[], int]:
    buyers, visits = workload.buyers, workload.visits
    if not visits:
        return lambda: int(buyers * draw() ** 1.5)
    present = [int(buyers * draw()) for _ in range(visits)]

    def pick() -> int:
        place = int(visits * draw())
        buyer = present[place]
        if draw() < VISIT_ENDS:
            present[place] = int(buyers * draw())
        return buyer

    return pick


def _text(draw: random.Random, least: int, most: int) -> str:
    return "".join(draw.choices(HAN, k=draw.randint(least, most)))
