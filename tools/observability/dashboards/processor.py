"""The processor: does it keep up, does it remember, does it lose anything."""

from __future__ import annotations

from . import numbers
from .board import Board
from .palette import CLEAR, CRITICAL, GOOD, SETTINGS, behind, steps, tiles
from .panels import CLOCK, SECONDS, Panel, lines, query, stat
from .tables import Column, Label, table
from .words import Words

UP = "up and on (job, instance) last_over_time (chatpulse_build_info[1h])"
OURS = "and on (job, instance) chatpulse_build_info"
UNSAVED = (
    "clamp_min (max by (partition) (chatpulse_newest_event_timestamp_seconds)"
    " - on (partition) max by (partition) (chatpulse_checkpoint_timestamp_seconds), 0)"
)
RATE = "$__rate_interval"


def processor() -> Board:
    """Return the dashboard of the workers."""
    return Board(
        name="processor",
        description=Words(
            "处理进程：吞吐、积压、恢复、死信、内存。",
            "The workers: throughput, lag, recovery, dead letters, memory.",
        ),
        panels=[
            *(((3 * n, 0, 3, 5), panel) for n, panel in enumerate(_numbers())),
            ((0, 5, 8, 7), _throughput()),
            ((8, 5, 8, 7), _lag()),
            ((16, 5, 8, 7), _delay()),
            ((0, 12, 8, 7), _rejected()),
            ((8, 12, 8, 7), _odd()),
            ((16, 12, 8, 7), _memory()),
            ((0, 19, 8, 8), _unsaved()),
            ((8, 19, 8, 8), _checkpoint_writes()),
            ((16, 19, 8, 8), _workers()),
        ],
        variables=[],
        start="now-1h",
        refresh="10s",
    )


def _numbers() -> list[Panel]:
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


def _throughput() -> Panel:
    return lines(
        Words("吞吐：每秒事件，按类型", "Throughput: events per second by type"),
        Words("读入的有效事件。", "Valid events read."),
        [query(f"sum by (type) (rate (chatpulse_events_total[{RATE}])) > 0", "{{type}}")],
        unit="none",
        decimals=1,
        stacked=True,
    )


def _lag() -> Panel:
    return lines(
        Words("积压，按主题", "Lag by topic"),
        Words("尚未读取的记录；虚线为告警阈值。", "Records not read yet; dashed: thresholds."),
        [query("topic:chatpulse_consumer_lag_records:sum", "{{topic}}")],
        unit="locale",
        steps=steps("consumer_lag", good=CLEAR),
    )


def _delay() -> Panel:
    return lines(
        Words("数据延迟，按主题", "Data delay by topic"),
        Words("各主题最新事件距现在多久。", "How old the newest event of each topic is."),
        [query("topic:chatpulse_data_delay_seconds:min", "{{topic}}")],
        unit=SECONDS,
    )


def _rejected() -> Panel:
    return lines(
        Words("死信，按原因", "Dead letters by reason"),
        Words(
            "最近 10 分钟格式有误或过晚的记录。",
            "Records of the last 10 minutes that were no event, or came too late.",
        ),
        [
            query(
                "sum by (reason) (topic_reason:chatpulse_dead_letters:increase"
                f"{SETTINGS.alerts['dead_letters'].window})",
                "{{reason}}",
            )
        ],
        unit="locale",
        decimals=None,
        steps=steps("dead_letters", good=CLEAR),
    )


def _odd() -> Panel:
    kinds = {
        "duplicates": Words("重复", "duplicates"),
        "late": Words("迟到", "late"),
        "after_close": Words("关账后到达", "after the close"),
        "unmatched_refunds": Words("无主退款", "unmatched refunds"),
        "gap_records": Words("读前丢失", "gone before read"),
        "damaged_checkpoints": Words("损坏检查点", "damaged checkpoints"),
    }
    return lines(
        Words("异常记录，每分钟", "Odd records per minute"),
        Words(
            "重复、迟到、关账后到达、无主退款、读前丢失、损坏的检查点。",
            "Duplicates, late ones, after the close, unmatched refunds, gaps, damaged checkpoints.",
        ),
        [
            query(f"60 * sum (rate (chatpulse_{kind}_total[{RATE}]))", name)
            for kind, name in kinds.items()
        ],
        unit="none",
        decimals=1,
    )


def _memory() -> Panel:
    return lines(
        Words("内存，按进程", "Memory by worker"),
        Words("各处理进程的常驻内存。", "Resident memory of each worker."),
        [query(f"process_resident_memory_bytes {OURS}", "{{instance}}")],
        unit="bytes",
        decimals=None,
    )


def _unsaved() -> Panel:
    return lines(
        Words("未存档事件，按分区", "Unsaved events by partition"),
        Words(
            "崩溃后该分区需要重读多久的事件；虚线为告警阈值。",
            "Seconds of events to be read again after a crash; dashed: thresholds.",
        ),
        [query(UNSAVED, Words("分区 {{partition}}", "partition {{partition}}"))],
        unit=SECONDS,
        steps=steps("checkpoint_old", good=CLEAR),
    )


def _checkpoint_writes() -> Panel:
    return lines(
        Words("检查点写入用时与大小", "Checkpoint writes"),
        Words("写入用时的平均与总大小。", "Mean time to write, and their size together."),
        [
            query(
                f"1000 * sum (rate (chatpulse_checkpoint_write_seconds_sum[{RATE}]))"
                f" / (sum (rate (chatpulse_checkpoint_write_seconds_count[{RATE}])) > 0)",
                Words("写入毫秒", "write, ms"),
            ),
            query("sum (chatpulse_checkpoint_bytes) / 1024", Words("大小 KiB", "size, KiB")),
        ],
        unit="none",
        decimals=None,
    )


def _workers() -> Panel:
    by = "instance"
    return table(
        Words("处理进程", "Workers"),
        Words(
            "各进程：版本、状态、运行时间、处理器、内存。",
            "Each worker: version, state, uptime, CPU, memory.",
        ),
        [
            Label(name=by, title=Words("进程", "Worker")),
            Label(name="version", title=Words("版本", "Version"), width=80),
            Column(
                title=Words("状态", "State"),
                expr=f"max by ({by}) ({UP})",
                texts={
                    1: (Words("✓ 正常", "✓ up"), behind(GOOD)),
                    0: (Words("● 无响应", "● down"), behind(CRITICAL)),
                },
                width=100,
            ),
            Column(
                title=Words("运行", "Uptime"),
                expr=f"max by ({by}) (time() - process_start_time_seconds {OURS})",
                unit=CLOCK,
                width=100,
            ),
            Column(
                title="CPU",
                expr=f"max by ({by}) (rate (process_cpu_seconds_total[1m]) {OURS})",
                unit="percentunit",
                width=70,
            ),
            Column(
                title=Words("内存", "Memory"),
                expr=f"max by ({by}) (process_resident_memory_bytes {OURS})",
                unit="bytes",
                decimals=0,
                width=90,
            ),
            Column(
                title="info", expr=f"max by ({by}, version) (chatpulse_build_info)", hidden=True
            ),
        ],
        sort=Words("进程", "Worker"),
        ascending=True,
    )
