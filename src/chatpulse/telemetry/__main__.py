"""`python -m chatpulse.telemetry` prints the metrics page of the documentation."""

from __future__ import annotations

from .catalogue import METRICS, Metric

_HEAD = """# Metrics

Generated from the catalogue (`python -m chatpulse.telemetry > docs/metrics.md`); a test keeps it
fresh. What the numbers mean is defined with the KPIs; their names are a contract. Additive
numerators and denominators stand beside each ratio, so that sums over workers are exact.
Beside these a worker exports the usual `process_*` (memory, CPU, open files, start) on Linux.
No label holds a buyer, an order or a text; what `agent` holds is the choice of
[`agent_label`](worker.md#what-it-calls-agents).
"""


def page() -> str:
    """Return the page as Markdown: one table per level."""
    parts = [_HEAD]
    for title, prefix in (("Agents", "chatpulse_agent_"), ("Shops", "chatpulse_shop_")):
        parts.append(_table(title, [m for m in METRICS.values() if m.name.startswith(prefix)]))
    levels = ("chatpulse_agent_", "chatpulse_shop_")
    parts.append(
        _table("Processor", [m for m in METRICS.values() if not m.name.startswith(levels)])
    )
    return "\n".join(parts)


def _table(title: str, metrics: list[Metric]) -> str:
    lines = [f"## {title}", "", "| name | type | labels | meaning |", "|---|---|---|---|"]
    for metric in metrics:
        labels = " ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(page(), end="")
