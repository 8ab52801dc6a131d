"""Those who do not come to buy: advertisers, campaigns, testers; and the supervisor who judges."""

from __future__ import annotations

from functools import partial
from typing import Final

from msgspec import UNSET

from ...contract.events import Marked, Verdict
from ...contract.ids import HOUR, MINUTE, SECOND
from .customer import Customer
from .room import date_of, day_number
from .rounds import answer, ask
from .staff import Agent
from .talk import Talk

CONTACTS: Final = ("微信{d}", "加V：abc{d}", "薇信 kf_{d}", "QQ{d}", "vx:sale{d}", "wechat ad-{d}")
PITCHES: Final = (
    "专业代运营，店铺销量翻倍",
    "刷单补单，真实买家，安全快速",
    "兼职日结，在家可做",
    "店铺贷款，当天放款，无抵押",
    "直播引流涨粉，先看效果后付款",
    "同款货源一件代发，招代理",
    "专业店铺推广，七天见效",
)
URLS: Final = (
    "https://www.{d}-shop.com/join",
    "http://t{d}.xyz/a?b=1",
    "www.fast-{d}.cn",
    "https://item.taobao.com/item.htm?id={d}",  # a marketplace's own: no signal
)
TESTS: Final = ("测试", "test 123", "内部测试，不用回", "看下机器人会不会回复")


def advertise(customer: Customer, load: float, at: int) -> None:
    """Advertise: openly, with just a contact, or as a campaign of many accounts."""
    rng = customer.floor.rng
    kind = rng.random()
    if kind < 0.12:
        _campaign(customer, load, at)
    elif kind < 0.35:  # too little for a rule: a person marks it later
        text = _filled(customer, CONTACTS) + "，有好项目合作"
        _pitch(customer, load, text, at)
        _mark(customer, "ad", at, at + 2 * MINUTE + int(rng.expovariate(1 / (12 * MINUTE))))
    else:
        parts = [PITCHES[int(rng.random() * len(PITCHES))], _filled(customer, CONTACTS)]
        if rng.random() < 0.5:
            parts.append(_filled(customer, URLS))
        _pitch(customer, load, "，".join(parts), at)


def compare(customer: Customer, load: float, at: int) -> None:
    """Be taken for an advertiser by the rules and be marked genuine by a person."""
    rng = customer.floor.rng
    talk = Talk(customer, at, load=load, agent=_anyone(customer, at))
    talk.buyer(_filled(customer, CONTACTS) + "，加一下发你图")
    talk.wait(5 * SECOND, 30 * SECOND)
    talk.buyer("这家 " + _filled(customer, URLS[:3]) + " 同款更便宜，你们能不能便宜点")
    topic = customer.phrases.presale[2]
    answer(talk, topic, at)
    if rng.random() < 0.9:
        _mark(customer, "genuine", at, at + 20 * MINUTE + int(rng.random() * 8 * HOUR))


def test(customer: Customer, load: float, at: int) -> None:
    """Try the shop out as a colleague does; marked internal."""
    talk = Talk(customer, at, load=load, agent=_anyone(customer, at))
    talk.buyer(talk.pick(TESTS))
    talk.wait(SECOND, 5 * SECOND)
    answer(talk, customer.phrases.presale[0], ask(talk, customer.phrases.presale[0]))
    _mark(customer, "internal", at, at + MINUTE + int(customer.floor.rng.random() * 3 * HOUR))


def _campaign(customer: Customer, load: float, at: int) -> None:
    """Send the same text from three to twelve accounts within half an hour."""
    floor, rng = customer.floor, customer.floor.rng
    text = f"{PITCHES[int(rng.random() * len(PITCHES))]}，{_filled(customer, CONTACTS)}"
    for _ in range(3 + int(rng.random() * 10)):
        account = Customer(floor, customer.desk)
        floor.plan(at + int(rng.random() * 30 * MINUTE), partial(_pitch, account, load, text))


def _pitch(customer: Customer, load: float, text: str, at: int) -> None:
    talk = Talk(customer, at, load=load, agent=_anyone(customer, at))
    talk.buyer(text)
    if talk.chance(0.3):  # agents are polite, or have not read it yet
        answer(talk, customer.phrases.presale[0], at)


def _anyone(customer: Customer, at: int) -> Agent | None:
    on_duty = customer.desk.duty(at)
    return on_duty[int(customer.floor.rng.random() * len(on_duty))] if on_duty else None


def _filled(customer: Customer, templates: tuple[str, ...]) -> str:
    rng = customer.floor.rng
    template = templates[int(rng.random() * len(templates))]
    return template.format(d=int(rng.random() * 9_000_000) + 1_000_000)


def _mark(customer: Customer, verdict: Verdict, of: int, at: int) -> None:
    """Judge the conversation-day of the instant `of`; name the day when it is over by then."""
    floor = customer.floor
    floor.put(
        Marked(
            event_id=floor.event_id(),
            shop_id=customer.desk.shop_id,
            at=at,
            buyer_id=customer.buyer_id,
            verdict=verdict,
            by=customer.desk.supervisor,
            day=UNSET if day_number(of) == day_number(at) else date_of(of),
        )
    )
