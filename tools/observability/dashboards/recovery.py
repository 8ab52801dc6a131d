"""What a crash would cost, and the workers that run."""

from __future__ import annotations

from .numbers import OURS, RATE, UNSAVED, UP
from .palette import CLEAR, CRITICAL, GOOD, behind, steps
from .panels import CLOCK, SECONDS, Panel, query
from .shapes import lines
from .tables import Column, Label, table
from .words import Words


def unsaved() -> Panel:
    """Return the seconds of events without a checkpoint."""
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


def checkpoint_writes() -> Panel:
    """Return how long checkpoints take, and how large they are."""
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


def workers() -> Panel:
    """Return the workers that run or ran within the hour."""
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
