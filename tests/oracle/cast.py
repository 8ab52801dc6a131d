"""Who plays in the random timelines, and what they do and say."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable

DAY = 86_400_000
SHANGHAI = 28_800_000  # ms ahead of UTC

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


class Buyer:
    """One buyer in flight: who he is, whom he talks to, what he ordered."""

    __slots__ = ("ad", "agent", "name", "orders", "paid_at", "shop")

    def __init__(self, name: str, shop: str) -> None:
        self.name = name
        self.shop = shop
        self.agent = ""  # a JSON value: a quoted id or null
        self.orders = 0
        self.paid_at = 0  # the newest payment, 0 for none
        self.ad = ""  # the newest advertisement


class Play:
    """Writes the lines of all scenes. Each method returns the fields beside the common ones."""

    def __init__(self, rng: random.Random, agents: int) -> None:
        self._random = rng.random
        self._agents = [f'"a{n}"' for n in range(1, agents + 1)]
        self._actions: list[Callable[[Buyer, int], str]] = []
        for action, weight in (
            (self.question, 26), (self.queued, 5), (self.goodbye, 12), (self.sticker, 2),
            (self.picture, 3), (self.ad, 5), (self.campaign, 5), (self.withdrawn, 2),
            (self.reply, 34), (self.reply_of_other, 5), (self.automatic, 3), (self.bot, 2),
            (self.assisting_bot, 5), (self.system, 2), (self.transfer, 7), (self.odd_transfer, 4),
            (self.created, 7), (self.paid, 7), (self.refunded, 2), (self.cancelled, 2),
            (self.flagged, 1), (self.marked, 3), (self.other, 3),
        ):  # fmt: skip
            self._actions += [action] * weight

        self._order_events = [self.created, self.paid, self.paid, self.created, self.cancelled]

    def pick(self, values: list[str]) -> str:
        return values[int(self._random() * len(values))]

    def act(self, buyer: Buyer, at: int) -> str:
        return self._actions[int(self._random() * len(self._actions))](buyer, at)

    def buy(self, buyer: Buyer, at: int) -> str:
        return self._order_events[int(self._random() * len(self._order_events))](buyer, at)

    def _said(self, sender: str, agent: str, text: str, more: str = "") -> str:
        return f'"message","sender":"{sender}","agent_id":{agent or "null"},"text":{text}{more}'

    def question(self, buyer: Buyer, at: int) -> str:
        if not buyer.agent or self._random() < 0.1:
            buyer.agent = self.pick(self._agents)
        return self._said("buyer", buyer.agent, self.pick(_QUESTIONS))

    def queued(self, buyer: Buyer, at: int) -> str:
        buyer.agent = ""
        return f'"message","sender":"buyer","text":{self.pick(_QUESTIONS)}'

    def goodbye(self, buyer: Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, self.pick(_GOODBYES))

    def sticker(self, buyer: Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, '""', ',"content":"sticker"')

    def picture(self, buyer: Buyer, at: int) -> str:
        kind = self.pick(["image", "video", "card", "file"])
        text = self.pick(['""', '""', self.pick(_GOODBYES), self.pick(_ADS), self.pick(_CAMPAIGNS)])
        return self._said("buyer", buyer.agent, text, f',"content":"{kind}"')

    def ad(self, buyer: Buyer, at: int) -> str:
        if not buyer.ad or self._random() < 0.5:  # else the same again
            buyer.ad = self.pick(_ADS)
        return self._said("buyer", buyer.agent, buyer.ad)

    def campaign(self, buyer: Buyer, at: int) -> str:
        return self._said("buyer", buyer.agent, self.pick(_CAMPAIGNS))

    def withdrawn(self, buyer: Buyer, at: int) -> str:
        agent = self.pick(self._agents)
        sender = self.pick(["buyer", "agent", "bot"])
        return self._said(sender, agent, self.pick(_ADS), ',"content":"recall","assist":true')

    def reply(self, buyer: Buyer, at: int) -> str:
        if not buyer.agent:
            buyer.agent = self.pick(self._agents)
        return self._said("agent", buyer.agent, self.pick(_REPLIES))

    def reply_of_other(self, buyer: Buyer, at: int) -> str:
        return self._said("agent", self.pick(self._agents), self.pick(_REPLIES), ',"assist":true')

    def automatic(self, buyer: Buyer, at: int) -> str:
        return self._said("agent", self.pick(self._agents), '"亲，您好"', ',"auto":true')

    def bot(self, buyer: Buyer, at: int) -> str:
        return self._said("bot", buyer.agent, '"机器人"')

    def assisting_bot(self, buyer: Buyer, at: int) -> str:
        agent = self.pick([buyer.agent, "", self.pick(self._agents)])
        return self._said("bot", agent, '"机器人"', ',"assist":true')

    def system(self, buyer: Buyer, at: int) -> str:
        return self._said("system", "", '"系统"')

    def _handed(self, giver: str, taker: str, buyer: Buyer) -> str:
        buyer.agent = taker
        return f'"transfer","from_agent_id":{giver or "null"},"to_agent_id":{taker}'

    def transfer(self, buyer: Buyer, at: int) -> str:
        return self._handed(buyer.agent, self.pick(self._agents), buyer)  # at times to himself

    def odd_transfer(self, buyer: Buyer, at: int) -> str:
        one, other = self.pick(self._agents), self.pick(self._agents)
        if self._random() < 0.4:
            return self._handed(one, one, buyer)
        if self._random() < 0.5:
            buyer.agent = other
            return f'"transfer","to_agent_id":{other}'
        return self._handed(one, other, buyer)

    def _order(self, kind: str, buyer: Buyer, more: str) -> str:
        back = int(self._random() * 1.6)  # this one, or at times the one before
        return f'"{kind}","order_id":"o{max(0, buyer.orders - back)}"{more}'

    def created(self, buyer: Buyer, at: int) -> str:
        if self._random() < 0.8:  # else a second `created` event, or an order paid before
            buyer.orders += 1
        return self._order("created", buyer, f',"amount_minor":{int(self._random() * 30_000)}')

    def paid(self, buyer: Buyer, at: int) -> str:
        if self._random() < 0.2:
            buyer.orders += 1
        buyer.paid_at = at
        number = int(self._random() * 30_000)
        items = f',"items":{1 + number % 4}' if number % 2 else ""
        return self._order("paid", buyer, f',"amount_minor":{number}{items}')

    def refunded(self, buyer: Buyer, at: int) -> str:
        return self._order("refunded", buyer, f',"amount_minor":{int(self._random() * 20_000)}')

    def cancelled(self, buyer: Buyer, at: int) -> str:
        return self._order("cancelled", buyer, "")

    def flagged(self, buyer: Buyer, at: int) -> str:
        return self._order("flagged", buyer, ',"reason":"brushing"')

    def marked(self, buyer: Buyer, at: int) -> str:
        verdict = self.pick(["ad", "internal", "genuine", "genuine"])
        day = ""
        if self._random() < 0.6:
            other = at - int(self._random() * 4) * DAY
            day = f',"day":"{iso((other + SHANGHAI) // DAY)}"'
        return f'"marked","verdict":"{verdict}","by":"boss"{day}'

    def other(self, buyer: Buyer, at: int) -> str:
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


def iso(unix_day: int) -> str:
    """Return the ISO date of a day counted from 1970-01-01."""
    return dt.date.fromordinal(unix_day + 719_163).isoformat()
