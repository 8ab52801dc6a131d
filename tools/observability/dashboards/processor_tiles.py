"""The eight big numbers of the workers."""

from __future__ import annotations

from . import numbers
from .numbers import OURS, UNSAVED, UP
from .palette import CLEAR, CRITICAL, SETTINGS, behind, tiles
from .panels import CLOCK, SECONDS, Panel
from .shapes import stat
from .words import Words


def processor_tiles() -> list[Panel]:
    """Return the upper row of the workers."""
    window = SETTINGS.alerts["dead_letters"].window
    dead = f"sum (topic_reason:chatpulse_dead_letters:increase{window})"
    return [
        stat(
            Words("在线进程", "Workers up"),
            Words("能被 Prometheus 抓取的处理进程数。", "Workers that Prometheus can scrape."),
            f"sum ({UP})",
            unit="none",
            steps=[
                {"value": None, "color": behind(CRITICAL)},
                {"value": 1, "color": CLEAR},
            ],
        ),
        stat(
            Words("每秒事件", "Events per second"),
            Words("最近一分钟每秒读入的事件。", "Events read per second in the last minute."),
            "sum (topic:chatpulse_events:rate1m)",
            unit="none",
        ),
        stat(
            Words("数据延迟", "Data delay"),
            Words("现在与最新事件之间的间隔。", "From the newest event to now."),
            numbers.DELAY,
            unit=SECONDS,
            steps=tiles("data_delay"),
        ),
        stat(
            Words("积压记录", "Consumer lag"),
            Words("Kafka 中尚未读取的记录数。", "Records in Kafka that are not read yet."),
            "sum (topic:chatpulse_consumer_lag_records:sum)",
            unit="locale",
            steps=tiles("consumer_lag"),
        ),
        stat(
            Words("死信·10分钟", "Dead letters, 10 min"),
            Words(
                "最近 10 分钟进入死信的记录。",
                "Records that went to the dead letters in the last 10 minutes.",
            ),
            dead,
            unit="locale",
            steps=tiles("dead_letters"),
        ),
        stat(
            Words("未存档事件", "Unsaved events"),
            Words(
                "崩溃后最多需要重读多久的事件。",
                "How much would have to be read again after a crash.",
            ),
            f"max ({UNSAVED})",
            unit=CLOCK,
            steps=tiles("checkpoint_old"),
        ),
        stat(
            Words("记住的会话", "Conversations held"),
            Words("内存中记住的会话数。", "Conversations remembered."),
            "sum (chatpulse_conversations)",
            unit="locale",
        ),
        stat(
            Words("内存", "Memory"),
            Words("所有处理进程的常驻内存之和。", "Resident memory of all workers together."),
            f"sum (process_resident_memory_bytes {OURS})",
            unit="bytes",
        ),
    ]
