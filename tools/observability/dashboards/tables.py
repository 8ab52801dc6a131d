"""Tables: queries whose rows are joined by their labels, one column for each query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from .palette import CLEAR, Step, plain
from .panels import NOTHING, Panel, Text, defaults, panel, query

TRANSPARENT = plain(CLEAR)


class Column(Struct, frozen=True, kw_only=True):
    """One query and how its values are shown."""

    title: Text
    expr: str
    unit: Text = "none"
    decimals: int = 0
    width: int | None = None
    steps: Sequence[Step] | None = None
    """Colours of the cell; None leaves it as it is."""
    texts: Mapping[int, tuple[Text, str]] | None = None
    """What is shown instead of a value, and in which colour."""
    align: str = "right"
    hidden: bool = False
    """Asked only for the labels of its rows."""


class Label(Struct, frozen=True, kw_only=True):
    """A column that shows a label of the rows."""

    name: str
    title: Text
    width: int | None = None
    link: tuple[Text, Text] | None = None
    """Title and address of where a click leads."""
    texts: Mapping[str, tuple[Text, str | None]] | None = None


def table(
    title: Text,
    description: Text,
    columns: Sequence[Column | Label],
    *,
    sort: Text,
    height: str = "md",
    rows: int | None = None,
    ascending: bool = False,
    nothing: Text = NOTHING,
) -> Panel:
    """Return a table sorted by one of its columns, the first `rows` of it."""
    asked = [column for column in columns if isinstance(column, Column)]
    names = {id(column): f"Value #{chr(ord('A') + n)}" for n, column in enumerate(asked)}
    if len(asked) == 1:
        names[id(asked[0])] = "Value"
    fields = [c.name if isinstance(c, Label) else names[id(c)] for c in columns]
    hidden = [names[id(column)] for column in asked if column.hidden]
    by: list[dict[str, Any]] = [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(("Time", "__name__", *hidden), True),
                "includeByName": {},
                "indexByName": {name: place for place, name in enumerate(fields)},
                "renameByName": {n: c.title for n, c in zip(fields, columns, strict=True)},
            },
        },
        {
            "id": "sortBy",
            "options": {"fields": {}, "sort": [{"field": sort, "desc": not ascending}]},
        },
    ]
    if rows is not None:
        by.append({"id": "limit", "options": {"limitField": rows}})
    return panel(
        "table",
        title,
        description,
        [query(column.expr, instant=True, table=True) for column in asked],
        options={"cellHeight": height, "frameIndex": 0, "showHeader": True, "sortBy": []},
        defaults=defaults(
            "none",
            TRANSPARENT,
            noValue=nothing,
            custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
        ),
        overrides=[
            _label(c) if isinstance(c, Label) else _column(c)
            for c in columns
            if isinstance(c, Label) or not c.hidden
        ],
        transformations=by,
    )


def _column(column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [
        {"id": "unit", "value": column.unit},
        {"id": "decimals", "value": column.decimals},
        {"id": "noValue", "value": NOTHING},
        {"id": "custom.align", "value": column.align},
    ]
    if column.width is not None:
        properties.append({"id": "custom.width", "value": column.width})
    if column.steps is not None:
        properties += [
            {"id": "thresholds", "value": {"mode": "absolute", "steps": list(column.steps)}},
            _background(),
        ]
    if column.texts is not None:
        properties.append(_mappings(column.texts))
        if column.steps is None:
            properties.append(_background())
    return _override(column.title, properties)


def _label(label: Label) -> dict[str, Any]:
    properties: list[dict[str, Any]] = []
    if label.width is not None:
        properties.append({"id": "custom.width", "value": label.width})
    if label.link is not None:
        title, url = label.link
        properties.append({"id": "links", "value": [{"title": title, "url": url}]})
    if label.texts is not None:
        properties.append(_mappings(label.texts))
        if any(colour for _, colour in label.texts.values()):
            properties.append(_background())
    return _override(label.title, properties)


def _override(title: Text, properties: list[dict[str, Any]]) -> dict[str, Any]:
    return {"matcher": {"id": "byName", "options": title}, "properties": properties}


def _background() -> dict[str, Any]:
    return {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}}


def _mappings(texts: Mapping[Any, tuple[Text, str | None]]) -> dict[str, Any]:
    options = {
        str(value): {"index": n, "text": text, **({} if colour is None else {"color": colour})}
        for n, (value, (text, colour)) in enumerate(texts.items())
    }
    return {"id": "mappings", "value": [{"type": "value", "options": options}]}
