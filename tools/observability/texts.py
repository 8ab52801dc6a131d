"""What the alerts say: a line for the phone and a sentence for the desk, in English and Chinese.

`{limit}` is the threshold and `{window}` the window of the rule; `[value]` becomes the template of
the value in the alert's own unit. Nothing here names a buyer: there is no such label.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Text(NamedTuple):
    """The texts of one alert."""

    summary: str
    summary_zh: str
    description: str
    description_zh: str


SHOP: Final = "{{ $labels.shop }}"
AGENT: Final = "{{ $labels.shop }} / {{ $labels.agent }}"
TOPIC: Final = "{{ $labels.topic }}"

TEXTS: Final[dict[str, Text]] = {
    "ChatpulseBuyerWaiting": Text(
        f"{AGENT}: a buyer has waited [value] s",
        f"{AGENT}：客户已等待 [value] 秒",
        "The oldest waiting buyer of this agent has had no answer for more than {limit} s.",
        "该客服最久未回复的客户等待已超过 {limit} 秒。",
    ),
    "ChatpulseBuyerUnattended": Text(
        f"{SHOP}: a buyer nobody attends to has waited [value] s",
        f"{SHOP}：有客户无人接待，已等待 [value] 秒",
        "In the queue or handed on: no agent's own clock shows this wait of more than {limit} s.",
        "客户在排队或被转接，等待超过 {limit} 秒，且不在任何客服名下计时。",
    ),
    "ChatpulseSlowResponder": Text(
        f"{AGENT}: average response [value] s",
        f"{AGENT}：平均响应 [value] 秒",
        "The agent's answers of the last {window} took more than {limit} s on average.",
        "该客服最近 {window} 的平均响应时间超过 {limit} 秒。",
    ),
    "ChatpulseShopSlow": Text(
        f"{SHOP}: the whole shop answers in [value] s on average",
        f"{SHOP}：全店平均响应 [value] 秒",
        "All answers of the last {window} together took more than {limit} s on average.",
        "全店最近 {window} 的平均响应时间超过 {limit} 秒。",
    ),
    "ChatpulseAgentThreeMinuteRateLow": Text(
        f"{AGENT}: [value] answered within three minutes",
        f"{AGENT}：3 分钟回复率 [value]",
        "Less than {limit} of the agent's rounds of the last {window} were answered in time.",
        "该客服最近 {window} 的 3 分钟回复率低于 {limit}。",
    ),
    "ChatpulseShopThreeMinuteRateLow": Text(
        f"{SHOP}: [value] answered within three minutes",
        f"{SHOP}：3 分钟回复率 [value]",
        "Less than {limit} of the shop's rounds of the last {window} were answered in time.",
        "全店最近 {window} 的 3 分钟回复率低于 {limit}。",
    ),
    "ChatpulseAgentReplyRateLow": Text(
        f"{AGENT}: [value] of the buyers got a reply",
        f"{AGENT}：回复率 [value]",
        "Less than {limit} of the buyers who asked the agent in the last {window} got a reply.",
        "最近 {window} 咨询该客服的客户中，得到回复的不足 {limit}（已排除广告）。",
    ),
    "ChatpulseShopReplyRateLow": Text(
        f"{SHOP}: [value] of the buyers got a reply",
        f"{SHOP}：回复率 [value]",
        "Less than {limit} of the buyers who asked in the last {window} got a reply.",
        "最近 {window} 咨询本店的客户中，得到回复的不足 {limit}（已排除广告）。",
    ),
    "ChatpulseBuyersQueued": Text(
        f"{SHOP}: [value] buyers in the queue",
        f"{SHOP}：[value] 位客户在排队",
        "More than {limit} buyers wait whom no agent has taken yet.",
        "超过 {limit} 位客户在排队，尚无客服接待。",
    ),
    "ChatpulseSalesAttributionStopped": Text(
        f"{SHOP}: [value] orders paid, none credited to an agent",
        f"{SHOP}：[value] 笔付款，无一计入客服业绩",
        "Orders of the last {window} were all silent, although agents answered their buyers.",
        "最近 {window} 客服一直在回复，但付款订单全部被判为静默下单。",
    ),
    "ChatpulseAdShareHigh": Text(
        f"{SHOP}: [value] of today's buyers were left out as advertising",
        f"{SHOP}：今日 [value] 的客户被判为广告",
        "More than {limit} of the buyers count nowhere; the filter may be taking real ones.",
        "今日超过 {limit} 的客户被广告过滤排除，可能误判了真实客户。",
    ),
    "ChatpulseEventsStalled": Text(
        f"{TOPIC}: no new chat event for [value] s",
        f"{TOPIC}：已 [value] 秒没有新的聊天事件",
        "The newest event is more than {limit} s old; what the wall shows is that old as well.",
        "最新事件已是 {limit} 秒以前，大屏上的数字同样陈旧。",
    ),
    "ChatpulseOrdersStalled": Text(
        f"{TOPIC}: no new order event for [value] s",
        f"{TOPIC}：已 [value] 秒没有新的订单事件",
        "The newest order event is more than {limit} s old; sales and conversion stand still.",
        "最新订单事件已是 {limit} 秒以前，业绩与转化率不再更新。",
    ),
    "ChatpulseConsumerLag": Text(
        f"{TOPIC}: [value] records behind",
        f"{TOPIC}：积压 [value] 条记录",
        "More than {limit} records are not read yet; the numbers are late.",
        "超过 {limit} 条记录尚未读取，数字滞后。",
    ),
    "ChatpulseDeadLettersRising": Text(
        f"{TOPIC}: [value] dead letters ({{{{ $labels.reason }}}}) in {{window}}",
        f"{TOPIC}：{{window}} 内 [value] 条死信（{{{{ $labels.reason }}}}）",
        "More than {limit} records were no event or came too late; they count nowhere.",
        "超过 {limit} 条记录格式有误或到达过晚，未计入任何指标。",
    ),
    "ChatpulseRecordsMissing": Text(
        f"{TOPIC}: [value] records were gone before they were read",
        f"{TOPIC}：[value] 条记录在读取前已被删除",
        "Kafka deleted records of the last {window} unread; the numbers lack them for good.",
        "最近 {window} 内有记录未读先被 Kafka 删除，相关数字永久缺失。",
    ),
    "ChatpulseCheckpointOld": Text(
        "partition {{ $labels.partition }}: [value] s of events without a checkpoint",
        "分区 {{ $labels.partition }}：[value] 秒的事件没有检查点",
        "After a crash more than {limit} s of events would be read again.",
        "若此时崩溃，需要重读超过 {limit} 秒的事件。",
    ),
    "ChatpulseWorkerDown": Text(
        "worker {{ $labels.instance }} does not answer",
        "处理进程 {{ $labels.instance }} 无响应",
        "Prometheus cannot scrape this worker; another one takes its shops over if there is one.",
        "Prometheus 无法抓取该进程；若有其他进程，将接管其店铺。",
    ),
    "ChatpulseNoData": Text(
        "no worker shows any event: the wall is a memory",
        "没有任何处理进程提供数据：大屏数字已停止更新",
        "Waits go on from their last known start; everything else is missing.",
        "等待时间按最后已知的起点继续累计，其余指标缺失。",
    ),
    "ChatpulseRelayDown": Text(
        "the relay to the chat robots does not answer",
        "群机器人转发服务无响应",
        "Alerts reach nobody's chat until it is back; they are on the wall.",
        "恢复之前告警不会发到群里，请看大屏。",
    ),
    "ChatpulseMessagesStuck": Text(
        "messages for {{ $labels.receiver }} have waited [value] s",
        "发往 {{ $labels.receiver }} 的消息已等待 [value] 秒",
        "The relay has not got rid of a message for more than {limit} s.",
        "转发服务有消息超过 {limit} 秒未能送出。",
    ),
}
