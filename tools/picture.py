"""Draw the pictures of the README: the demo's board, from a real run, in Chinese and English.

`make picture` writes docs/images/demo-board.zh.svg and demo-board.en.svg. rich's own SVG squeezes
Chinese text; here every wide character has its place, so the columns hold whatever the font is.
"""

import io
import time
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from threading import Event

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from chatpulse.demo.board import WIDEST, Pulse, render
from chatpulse.demo.labels import WORDS
from chatpulse.demo.session import Plan, running

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PLAN = Plan(shops=1, agents=8, rate=3.2, seed=4, port=None)
WARM_UP_SECONDS = 12
NAMESPACE = "http://www.w3.org/2000/svg"
SHOWN_URL = "http://127.0.0.1:8080"

CELL, LINE, MARGIN = 10.0, 22.0, 18.0
THEME = TerminalTheme(
    (13, 17, 23),
    (220, 226, 235),
    [
        (72, 79, 88), (255, 107, 99), (86, 211, 100), (240, 184, 57),
        (56, 117, 230), (210, 168, 255), (86, 212, 221), (220, 226, 235),
    ],
)  # fmt: skip
FONTS = (
    "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', "
    "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace"
)


def drawing(board: RenderableType, title: str) -> str:
    """Return the board as SVG."""
    console = Console(
        width=WIDEST, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    rows = console.render_lines(board, pad=False)
    marks: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        for text, style, _ in row:
            marks += _pieces(text, style or Style.null(), x, y)
            x += cell_len(text)
    width, height = 2 * MARGIN + WIDEST * CELL, 2 * MARGIN + len(rows) * LINE
    return "\n".join(
        (
            f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {width:g} {height:g}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="10" fill="{THEME.background_color.hex}"/>',
            f'<g font-family="{FONTS}" font-size="16.4" xml:space="preserve">',
            *marks,
            "</g>",
            "</svg>\n",
        )
    )


def _pieces(text: str, style: Style, x: int, y: int) -> Iterator[str]:
    left, base = MARGIN + x * CELL, MARGIN + y * LINE + 16
    if style.bgcolor is not None:
        yield (
            f'<rect x="{left:g}" y="{base - 17:g}" width="{cell_len(text) * CELL:g}" '
            f'height="{LINE + 0.5:g}" rx="3" fill="{style.bgcolor.get_truecolor(THEME).hex}"/>'
        )
    colour = THEME.foreground_color if style.color is None else style.color.get_truecolor(THEME)
    look = f'fill="{colour.hex}"'
    look += ' opacity=".62"' if style.dim else ""
    look += ' font-weight="bold"' if style.bold else ""
    for (width, blank), run in groupby(text, key=lambda c: (cell_len(c), c == " ")):
        piece = "".join(run)
        span = len(piece) * width * CELL
        if set(piece) == {"─"}:
            yield f'<path d="M{left:g} {base - 5:g}h{span:g}" stroke="{colour.hex}" opacity=".5"/>'
        elif not blank:
            shift = 1.0 if width == 2 else 0.0  # wide ones are drawn a little larger
            size = ' font-size="18"' if width == 2 else ""
            places = " ".join(f"{left + shift + i * width * CELL:g}" for i in range(len(piece)))
            yield f'<text x="{places}" y="{base:g}"{size} {look}>{escape(piece)}</text>'
        left += span


def main() -> None:
    with running(PLAN) as room:
        reading = room.first_numbers(Event())
        assert reading is not None  # noqa: S101  # nobody sets the event
        for _ in range(WARM_UP_SECONDS):
            room.pulse(reading)
            time.sleep(1)
            reading = room.reading() or reading
        shown = Pulse(SHOWN_URL, room.pulse(reading).rate)
        now = time.time()
    IMAGES.mkdir(parents=True, exist_ok=True)
    for lang, words in WORDS.items():
        path = IMAGES / f"demo-board.{lang}.svg"
        board = render(reading, shown, words, now=now, width=WIDEST)
        path.write_text(drawing(board, f"chatpulse: {words.title}"), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
