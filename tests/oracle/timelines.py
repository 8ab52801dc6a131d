"""Random NDJSON input, dense in edge cases: no believable shop, but one where rules meet.

Conversations are played in *scenes*, bursts of a few events with gaps at the limits of the rules,
in order of time; a line is read at its `at` plus a delay. Chat is delayed by at most `disorder_ms`,
so with 120,000 or less nothing is late; orders, marks and copies by up to days, yet read before
their day closes. `late` is the share of events that go beyond. The same arguments give the same
bytes; memory grows with the buyers in flight and the delayed lines only.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections.abc import Callable, Iterator

from .garbage import GARBAGE

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIRST_DAY_MS = 1_740_931_200_000  # 2025-03-03 00:00 in Asia/Shanghai
SHANGHAI = 8 * HOUR

# Gaps inside a scene: mostly moments, and every limit of the rules with its neighbours.
GAPS = (
    [0] * 12
    + [1, 999, 2_000, 4_000, 7_000, 11_000, 17_000, 25_000, 40_000] * 4
    + [5_000, 5_001, 10_000, 15_000, 29_999, 30_000, 30_000, 30_001, 60_000, 60_001] * 2
    + [99_999, 100_000, 100_001, 119_999, 120_000, 120_001, 120_001, 121_000, 150_000]
    + [179_999, 180_000, 180_000, 180_001, 240_000, 299_999, 300_000, 300_001]
    + [599_999, 600_000, 600_000, 600_001, 600_001, 900_000, 1_800_000, 1_800_001]
    + [2 * HOUR - 1, 2 * HOUR, 2 * HOUR + 1, HOUR, 5 * HOUR]
)

# Instants of a day that a scene likes to begin just before or at.
INSTANTS = [0, 8 * HOUR, 9 * HOUR, 12 * HOUR, 18 * HOUR, 22 * HOUR, 23 * HOUR, DAY - MINUTE]
NEAR = [-600_000, -180_000, -30_000, -2, -1, 0, 0, 1, 30_000]

# Pauses between scenes that matter: silence, validity, conversion spans, follow-up, both memories.
PAUSES = [0, 1, 600_000, 600_001, HOUR, 2 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY]
LONG_PAUSES = [4 * DAY, 7 * DAY - 1, 7 * DAY, 8 * DAY - 1, 8 * DAY, 8 * DAY + 1, 10 * DAY]
LONGER_PAUSES = [*LONG_PAUSES, 21 * DAY - 1, 21 * DAY, 21 * DAY + 1, 22 * DAY]

QUESTIONS = [
    "这个怎么卖", "有货吗", "发什么快递", "好吗", "好的吗？", "？", "在吗", "谢谢你们的好服务",
    "我的电话13812345678", "订单2138123456789012345", "vx abc12345", "1", "多少钱?", "好的 明天见",
    "https://item.taobao.com/item.htm?id=12", "http://taobao.com.evil.example/x", "退款",
]  # fmt: skip
GOODBYES = [
    "好的", "好的谢谢", "嗯嗯好的", "OK", "Thank you!", "好 的～", "谢谢啦", "", "～", "哦", "呢",
    "👍", "ＯＫ", "拜拜！", "知道了谢谢亲", "thank-you", "好好好", "ok好的呀", "\u200b",
]  # fmt: skip
ADS = [
    "刷单 兼职 贷款", "刷单", "推广 兼职", "加微信 abc12345 招代理", "加薇信ａｂｃ１２３４５ 兼职",
    "贷款 找我 138-1234-5678", "推广 http://spam.example.net/x", "刷单刷单刷单",
    "兼\u00ad职 引流 www.nottaobao.com", "推广 https://m.tb.cn/h.x", "QQ：z_12345 刷单",
    "涨粉 补单 代理 代运营",
    "电话1 3 8.1234 5678 推广", "徽信 zz99887 推广", "加v：abcde1", "wechat abcde 13912345678",
]  # fmt: skip
CAMPAIGNS = [
    "全场清仓推广价快来看看吧", "全场清仓推广价快来看看", "Spring Sale NOW on 推广!!",
    "ＳＰＲＩＮＧ sale, now on～推广", "全场清仓大促销快来看看吧", "全场清仓快来电话13812345678",
    "请问推广价这件还有没有货呀", "开店一条龙代运营加微信 xyz_9876 详聊哦",
]  # fmt: skip
REPLIES = ["亲，您好", "在的", "有货的", "您稍等", "", "好的", "[自动回复] 您好", "自动：欢迎"]
AUTO_PREFIXES = ["[自动回复]", "自动："]

RULES: dict[str, object] = {
    "auto_reply_prefixes": AUTO_PREFIXES,
    "block_list": ["b7", "b31"],
    "internal_list": ["b11", "b31"],
    "exempt_texts": ["请问推广价，这件还有没有货"],
}
"""A rules file that brings the lists into play; the lines make sense with others, or none."""


def _quoted(texts: list[str]) -> list[str]:
    """As JSON strings; escaped or not, in turns."""
    return [json.dumps(text, ensure_ascii=n % 3 == 0) for n, text in enumerate(texts)]


_QUESTIONS, _GOODBYES, _ADS = _quoted(QUESTIONS), _quoted(GOODBYES), _quoted(ADS)
_CAMPAIGNS, _REPLIES = _quoted(CAMPAIGNS), _quoted(REPLIES)


class _Buyer:
    """One buyer in flight: who he is, whom he talks to, what he ordered."""

    __slots__ = ("agent", "name", "orders", "shop")

    def __init__(self, name: str, shop: str) -> None:
        self.name = name
        self.shop = shop
        self.agent = ""  # a JSON value: a quoted id or null
        self.orders = 0


class _Play:
    """Writes the lines of all scenes. Each method returns the fields beside the common ones."""

    def __init__(self, rng: random.Random, agents: int) -> None:
        self._random = rng.random
        self._agents = [f'"a{n}"' for n in range(1, agents + 1)]
        self._actions: list[Callable[[_Buyer, int], str]] = []
        for action, weight in (
            (self.question, 26), (self.queued, 5), (self.goodbye, 12), (self.sticker, 2),
            (self.picture, 3), (self.ad, 5), (self.campaign, 5), (self.withdrawn, 2),
            (self.reply, 34), (self.reply_of_other, 5), (self.automatic, 3), (self.bot, 2),
            (self.assisting_bot, 5), (self.system, 2), (self.transfer, 7), (self.odd_transfer, 4),
            (self.created, 7), (self.paid, 7), (self.refunded, 2), (self.cancelled, 2),
            (self.flagged, 1), (self.marked, 3), (self.other, 3),
        ):  # fmt: skip
            self._actions += [action] * weight

    def pick(self, values: list[str]) -> str:
        return values[int(self._random() * len(values))]

    def act(self, buyer: _Buyer, at: int) -> str:
        return self._actions[int(self._random() * len(self._actions))](buyer, at)

    def _said(self, sender: str, agent: str, text: str, more: str = "") -> str:
        return f'"message","sender":"{sender}","agent_id":{agent or "null"},"text":{text}{more}'

    def question(self, buyer: _Buyer, at: int) -> str:
        if not buyer.agent or self._random() < 0.1:
            buyer.agent = self.pick(self._agents)
        return self._said("buyer", buyer.agent, self.pick(_QUESTIONS))

    def queued(self, buyer: _Buyer, at: int) -> str:
        buyer.agent = ""
        return f'"message","sender":"buyer","text":{self.pick(_QUESTIONS)}'

    def goodbye(self, buyer: _Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, self.pick(_GOODBYES))

    def sticker(self, buyer: _Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, '""', ',"content":"sticker"')

    def picture(self, buyer: _Buyer, at: int) -> str:
        kind = self.pick(["image", "video", "card", "file"])
        text = self.pick(['""', '""', '""', self.pick(_GOODBYES), self.pick(_ADS)])
        return self._said("buyer", buyer.agent, text, f',"content":"{kind}"')

    def ad(self, buyer: _Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, self.pick(_ADS))

    def campaign(self, buyer: _Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, self.pick(_CAMPAIGNS))

    def withdrawn(self, buyer: _Buyer, at: int) -> str:
        agent = self.pick(self._agents)
        sender = self.pick(["buyer", "agent", "bot"])
        return self._said(sender, agent, self.pick(_ADS), ',"content":"recall","assist":true')

    def reply(self, buyer: _Buyer, at: int) -> str:
        if not buyer.agent:
            buyer.agent = self.pick(self._agents)
        return self._said("agent", buyer.agent, self.pick(_REPLIES))

    def reply_of_other(self, buyer: _Buyer, at: int) -> str:
        return self._said("agent", self.pick(self._agents), self.pick(_REPLIES), ',"assist":true')

    def automatic(self, buyer: _Buyer, at: int) -> str:
        return self._said("agent", self.pick(self._agents), '"亲，您好"', ',"auto":true')

    def bot(self, buyer: _Buyer, at: int) -> str:
        return self._said("bot", buyer.agent, '"机器人"')

    def assisting_bot(self, buyer: _Buyer, at: int) -> str:
        agent = self.pick([buyer.agent, "", self.pick(self._agents)])
        return self._said("bot", agent, '"机器人"', ',"assist":true')

    def system(self, buyer: _Buyer, at: int) -> str:
        return self._said("system", "", '"系统"')

    def _handed(self, giver: str, taker: str, buyer: _Buyer) -> str:
        buyer.agent = taker
        return f'"transfer","from_agent_id":{giver or "null"},"to_agent_id":{taker}'

    def transfer(self, buyer: _Buyer, at: int) -> str:
        return self._handed(buyer.agent, self.pick(self._agents), buyer)  # at times to himself

    def odd_transfer(self, buyer: _Buyer, at: int) -> str:
        one, other = self.pick(self._agents), self.pick(self._agents)
        if self._random() < 0.4:
            return self._handed(one, one, buyer)
        if self._random() < 0.5:
            buyer.agent = other
            return f'"transfer","to_agent_id":{other}'
        return self._handed(one, other, buyer)

    def _order(self, kind: str, buyer: _Buyer, more: str) -> str:
        back = int(self._random() * 3)  # this one, or one of the two before
        return f'"{kind}","order_id":"o{max(0, buyer.orders - back)}"{more}'

    def created(self, buyer: _Buyer, at: int) -> str:
        buyer.orders += 1
        amount = int(self._random() * 30_000)
        return f'"created","order_id":"o{buyer.orders}","amount_minor":{amount},"items":2'

    def paid(self, buyer: _Buyer, at: int) -> str:
        if self._random() < 0.2:
            buyer.orders += 1
        number = int(self._random() * 30_000)
        items = f',"items":{1 + number % 4}' if number % 2 else ""
        return self._order("paid", buyer, f',"amount_minor":{number}{items}')

    def refunded(self, buyer: _Buyer, at: int) -> str:
        return self._order("refunded", buyer, f',"amount_minor":{int(self._random() * 20_000)}')

    def cancelled(self, buyer: _Buyer, at: int) -> str:
        return self._order("cancelled", buyer, "")

    def flagged(self, buyer: _Buyer, at: int) -> str:
        return self._order("flagged", buyer, ',"reason":"brushing"')

    def marked(self, buyer: _Buyer, at: int) -> str:
        verdict = self.pick(["ad", "internal", "genuine", "genuine"])
        day = ""
        if self._random() < 0.6:
            other = at - int(self._random() * 4) * DAY
            day = f',"day":"{_iso((other + SHANGHAI) // DAY)}"'
        return f'"marked","verdict":"{verdict}","by":"boss"{day}'

    def other(self, buyer: _Buyer, at: int) -> str:
        agent = self.pick(self._agents)
        return self.pick([
            f'"rated","agent_id":{agent},"stars":{1 + at % 5},"card_at":null',
            '"reviewed","order_id":"o1","grade":"bad","aspect":"service"',
            f'"review_judged","order_id":"o1","agent_id":{agent},"responsible":true',
            f'"review_recovered","order_id":"o1","agent_id":{agent}',
            '"complained","agent_id":null',
            f'"case_opened","case_id":"c1","order_id":"o1","agent_id":{agent}',
            '"case_cost","case_id":"c1","kind":"cashback","amount_minor":100',
            '"case_closed","case_id":"c1"',
            '"shipped","order_id":"o1"',
            '"picked_up","order_id":"o1"',
            f'"presence","agent_id":{agent},"state":"busy"',
            f'"deducted","agent_id":{agent},"points":1,"reason":"training","by":"boss"',
            f'"awarded","agent_id":{agent},"points":2,"reason":"chat_audit","by":"boss"',
        ])  # fmt: skip


def _iso(unix_day: int) -> str:
    import datetime as dt

    return dt.date.fromordinal(unix_day + 719_163).isoformat()


_CHAT = ('"message"', '"transfer"')
_SCENE = (2, 12)  # events in a scene
_SCENE_MS = 40 * MINUTE  # about its length, for the pace


def random_lines(
    seed: int,
    events: int,
    *,
    shops: int = 2,
    buyers: int = 200,
    agents: int = 5,
    days: int = 30,
    duplicates: float = 0.02,
    disorder_ms: int = 120_000,
    far: float = 0.03,
    late: float = 0.0,
    garbage: float = 0.005,
    start_ms: int = FIRST_DAY_MS,
) -> Iterator[bytes]:
    """Yield that many lines (without their ends) in reading order, over about that many days.

    `buyers`: in flight at a time, over all shops; others take their places. `duplicates`: share of
    events that come again. `far`: share of orders, marks and copies that are delayed by up to six
    days. `late`: share of events delayed beyond the lateness and beyond the closing of days.
    """
    rng = random.Random(seed)
    play = _Play(rng, agents)
    mean_pause = max(HOUR, days * DAY * buyers * sum(_SCENE) / 2 / events - _SCENE_MS)
    pending: list[tuple[int, int, bytes]] = []  # (read at, sequence, line)
    sequence = itertools.count()
    lines = _read_order(
        rng, play, pending, sequence, mean_pause, shops, buyers, days, start_ms,
        _Delays(rng, duplicates, disorder_ms, far, late),
    )  # fmt: skip
    if garbage:
        lines = _strewn(rng, lines, garbage)
    return itertools.islice(lines, events)


class _Delays:
    """When a line is read, and whether again."""

    def __init__(
        self, rng: random.Random, duplicates: float, disorder_ms: int, far: float, late: float
    ) -> None:
        self._random = rng.random
        self._duplicates = duplicates
        self._disorder_ms = disorder_ms
        self._far = far
        self._late = late

    def of(self, at: int, fields: str) -> int:
        draw = self._random
        chat = fields.startswith(_CHAT)
        if self._late and draw() < self._late:
            return at + int(draw() * (10 * MINUTE if draw() < 0.5 else 15 * DAY))
        if not chat and draw() < self._far * 4:
            return at + int(draw() * (6 * DAY if draw() < 0.3 else 5 * HOUR))
        if draw() < 0.3:
            return at + int(draw() * (self._disorder_ms + 1))
        return at

    def again(self, at: int) -> int | None:
        """Return when the copy is read, if there is one."""
        draw = self._random
        if draw() >= self._duplicates:
            return None
        return at + int(draw() * (6 * DAY if draw() < self._far else MINUTE))


def _read_order(
    rng: random.Random, play: _Play, pending: list[tuple[int, int, bytes]],
    sequence: Iterator[int], mean_pause: float, shops: int, buyers: int, days: int, start_ms: int,
    delays: _Delays,
) -> Iterator[bytes]:  # fmt: skip
    draw = rng.random
    names = itertools.count(1)
    long_pauses = LONGER_PAUSES if days >= 30 else LONG_PAUSES if days >= 12 else PAUSES

    def arrive() -> _Buyer:
        number = next(names)
        return _Buyer(f"b{number}", f"s{1 + number % shops}")

    stage = [(start_ms + int(draw() * DAY / 2), n, arrive()) for n in range(buyers)]
    heapq.heapify(stage)
    while True:
        at, slot, buyer = stage[0]
        while pending and pending[0][0] <= at:
            yield heapq.heappop(pending)[2]
        at = _scene_start(draw, at)
        for _ in range(_SCENE[0] + int(draw() * (_SCENE[1] - _SCENE[0] + 1))):
            fields = play.act(buyer, at)
            number = next(sequence)
            # ids are no order: copies of a millisecond are told apart by the first, random digits
            line = (
                f'{{"type":{fields},"event_id":"{number * 2654435761 % 65521:x}-{number}",'
                f'"shop_id":"{buyer.shop}","buyer_id":"{buyer.name}","at":{at}}}'
            ).encode()
            heapq.heappush(pending, (delays.of(at, fields), number, line))
            again = delays.again(at)
            if again is not None:
                heapq.heappush(pending, (again, next(sequence), line))
            at += GAPS[int(draw() * len(GAPS))]
        chance = draw()
        if chance < 0.35:
            pause = PAUSES[int(draw() * len(PAUSES))]
        elif chance < 0.37:
            pause = long_pauses[int(draw() * len(long_pauses))]
        else:
            pause = int(rng.expovariate(1 / mean_pause))
        if draw() < 0.1:
            buyer = arrive()
        heapq.heapreplace(stage, (at + pause, slot, buyer))


def _scene_start(draw: Callable[[], float], at: int) -> int:
    """Wait for a whole minute, or for the neighbourhood of an instant where rules change."""
    chance = draw()
    if chance < 0.5:
        return at
    if chance < 0.75:
        return at - at % -MINUTE
    midnight = at - (at + SHANGHAI) % DAY
    wanted = INSTANTS[int(draw() * len(INSTANTS))] + NEAR[int(draw() * len(NEAR))]
    return max(at, midnight + wanted)


def _strewn(rng: random.Random, lines: Iterator[bytes], share: float) -> Iterator[bytes]:
    for line in lines:
        while rng.random() < share:
            yield GARBAGE[int(rng.random() * len(GARBAGE))]
        yield line
