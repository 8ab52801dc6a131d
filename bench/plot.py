"""Bars of events per second, as SVG without any library."""

from html import escape
from typing import Any, Final

from bench.throughput import PLAIN_WORKER, WORKER

WIDTH: Final = 760
LABELS: Final = 210
ROW: Final = 30
OURS: Final = "#0b7a75"
THEIRS: Final = "#9aa5b1"


def bars(result: dict[str, Any]) -> str:
    """Return the plot of the medians, with the span of the runs as a thin line.

    Whoever was not durable in every run has no rate, and no bar.
    """
    medians = {name: m for name, m in result["medians"].items() if m["rate"] is not None}
    names = sorted(medians, key=lambda name: -medians[name]["rate"])
    highest = max((run["rate"] for name in names for run in result["runs"][name]), default=1.0)
    scale = (WIDTH - LABELS - 110) / highest
    height = ROW * len(names) + 40
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="sans-serif" font-size="13">'
        ),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LABELS}" y="18" fill="#333333">events per second, one core, all durable</text>',
    ]
    for row, name in enumerate(names):
        rates = [run["rate"] for run in result["runs"][name]]
        top, rate = 30 + row * ROW, medians[name]["rate"]
        middle, ours = top + ROW / 2 - 2, name in (WORKER, PLAIN_WORKER)
        label = f"{name} (full job)" if ours else name
        low, high = LABELS + min(rates) * scale, LABELS + max(rates) * scale
        parts += [
            (
                f'<text x="{LABELS - 8}" y="{middle + 4}" text-anchor="end" fill="#333333">'
                f"{escape(label)}</text>"
            ),
            (
                f'<rect x="{LABELS}" y="{top}" width="{max(1.0, rate * scale):.1f}" '
                f'height="{ROW - 8}" fill="{OURS if ours else THEIRS}"/>'
            ),
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}" stroke="#333333"/>',
            f'<text x="{high + 8:.1f}" y="{middle + 4}" fill="#333333">{rate:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
