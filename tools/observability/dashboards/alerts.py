"""The panel of firing alerts: Prometheus' own series, not what a receiver was told."""

from __future__ import annotations

from typing import Final

from .palette import CRITICAL, NEUTRAL, WARNING, behind
from .panels import Panel
from .tables import Column, Label, table
from .words import Words

ALERT_NAMES: Final = {
    "ChatpulseBuyerWaiting": Words("客户久等", "Buyer waiting"),
    "ChatpulseBuyerUnattended": Words("无人接待", "Buyer unattended"),
    "ChatpulseSlowResponder": Words("回复慢", "Slow responder"),
    "ChatpulseShopSlow": Words("全店回复慢", "Whole shop slow"),
    "ChatpulseAgentThreeMinuteRateLow": Words("3分钟率低", "3 min rate low"),
    "ChatpulseShopThreeMinuteRateLow": Words("全店3分钟率低", "Shop 3 min rate low"),
    "ChatpulseAgentReplyRateLow": Words("回复率低", "Reply rate low"),
    "ChatpulseShopReplyRateLow": Words("全店回复率低", "Shop reply rate low"),
    "ChatpulseBuyersQueued": Words("排队过多", "Buyers queued"),
    "ChatpulseSalesAttributionStopped": Words("业绩归属中断", "Sales not credited"),
    "ChatpulseAdShareHigh": Words("广告占比高", "Ad share high"),
    "ChatpulseEventsStalled": Words("聊天事件中断", "Chat events stalled"),
    "ChatpulseOrdersStalled": Words("订单事件中断", "Order events stalled"),
    "ChatpulseConsumerLag": Words("消费积压", "Consumer lag"),
    "ChatpulseDeadLettersRising": Words("死信增多", "Dead letters rising"),
    "ChatpulseRecordsMissing": Words("记录丢失", "Records missing"),
    "ChatpulseCheckpointOld": Words("检查点过旧", "Checkpoint old"),
    "ChatpulseWorkerDown": Words("进程无响应", "Worker down"),
    "ChatpulseNoData": Words("没有数据", "No data"),
    "ChatpulseRelayDown": Words("转发服务停止", "Relay down"),
    "ChatpulseMessagesStuck": Words("消息未送出", "Messages stuck"),
}
"""What the panel calls each alert; a test compares them with the rules."""

_FIRING: Final = 'alertname=~"Chatpulse.+", alertstate="firing", shop=~"$shop|"'
_BY: Final = "severity, alertname"


def firing() -> Panel:
    """Return the alerts that fire now: how many of each kind, the critical ones first."""
    severity = Words("级别", "Severity")
    worst = f'ALERTS{{{_FIRING}, severity="critical"}}'
    return table(
        Words("正在告警", "Firing alerts"),
        Words(
            "Prometheus 中正在触发的告警及其数量；同一对象只计最严重的级别。",
            "Alerts that fire in Prometheus, and how many; each counts at its worst severity.",
        ),
        [
            Label(
                name="severity",
                title=severity,
                width=110,
                texts={
                    "critical": (Words("● 严重", "● critical"), behind(CRITICAL)),
                    "warning": (Words("▲ 警告", "▲ warning"), behind(WARNING)),
                    "info": (Words("提示", "info"), behind(NEUTRAL)),
                },
            ),
            Label(
                name="alertname",
                title=Words("告警", "Alert"),
                texts={name: (words, None) for name, words in ALERT_NAMES.items()},
            ),
            Column(
                title=Words("数量", "Count"),
                expr=f'count by ({_BY}) ({worst} or ALERTS{{{_FIRING}, severity!="critical"}}'
                f" unless ignoring (severity) {worst})",
                width=90,
            ),
        ],
        sort=severity,
        ascending=True,
        height="sm",
        nothing=Words("无告警", "no alert"),
    )
