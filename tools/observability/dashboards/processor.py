"""The processor: does it keep up, does it remember, does it lose anything."""

from __future__ import annotations

from .board import Board
from .numbers import OURS, RATE
from .palette import CLEAR, SETTINGS, steps
from .panels import SECONDS, Panel, query
from .processor_tiles import processor_tiles
from .recovery import checkpoint_writes, unsaved, workers
from .shapes import lines
from .words import Words


def processor() -> Board:
    """Return the dashboard of the workers."""
    return Board(
        name="processor",
        description=Words(
            "处理进程：吞吐、积压、恢复、死信、内存。",
            "The workers: throughput, lag, recovery, dead letters, memory.",
        ),
        panels=[
            *(((3 * n, 0, 3, 5), panel) for n, panel in enumerate(processor_tiles())),
            ((0, 5, 8, 7), _throughput()),
            ((8, 5, 8, 7), _lag()),
            ((16, 5, 8, 7), _delay()),
            ((0, 12, 8, 7), _rejected()),
            ((8, 12, 8, 7), _odd()),
            ((16, 12, 8, 7), _memory()),
            ((0, 19, 8, 8), unsaved()),
            ((8, 19, 8, 8), checkpoint_writes()),
            ((16, 19, 8, 8), workers()),
        ],
        variables=[],
        start="now-1h",
        refresh="10s",
    )


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
