"""A whole dashboard: panels in their places, variables, links to the others."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from ..links import UIDS
from .palette import CRITICAL, SETTINGS
from .panels import SOURCE, Panel, Text
from .words import Language, Words, edition

SCHEMA_VERSION: Final = 42
TIMEZONE: Final = SETTINGS.duty.timezone
TAG: Final = "chatpulse"
EVERY_SHOP: Final = ".+"

NAMES: Final = {
    "wall": Words("客服大屏", "Service wall"),
    "shop": Words("店铺", "Shop"),
    "agent": Words("客服个人", "Agent"),
    "processor": Words("数据处理", "Processor"),
}


class Board(Struct, frozen=True, kw_only=True):
    """One dashboard in both languages."""

    name: str
    description: Words
    panels: list[tuple[tuple[int, int, int, int], Panel]]
    """Each with its place: column of 24, row, width, height."""
    variables: list[dict[str, Any]]
    start: str
    end: str = "now"
    refresh: str = "5s"


def uid(name: str, language: Language) -> str:
    """Return the address of a dashboard; the Chinese edition has the plain one."""
    return UIDS[name] if language == "zh" else f"{UIDS[name]}-{language}"


def to(name: str, query: str) -> Words:
    """Return the address of another dashboard of the same language, with a query string."""
    return Words(f"/d/{uid(name, 'zh')}?{query}", f"/d/{uid(name, 'en')}?{query}")


def dashboard(board: Board, language: Language) -> dict[str, Any]:
    """Return the edition of a board in one language, as Grafana reads it."""
    panels = [
        {"id": number, "gridPos": dict(zip("xywh", place, strict=True)), **panel}
        for number, (place, panel) in enumerate(board.panels, start=1)
    ]
    found: dict[str, Any] = edition(
        {
            "annotations": {"list": [_alerts_on_lines()]},
            "description": board.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "links": _links(board.name, language),
            "panels": panels,
            "preload": False,
            "refresh": board.refresh,
            "schemaVersion": SCHEMA_VERSION,
            "tags": [TAG, language],
            "templating": {"list": [_datasource(), *board.variables]},
            "time": {"from": board.start, "to": board.end},
            "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m"]},
            "timezone": TIMEZONE,
            "title": NAMES[board.name],
            "uid": uid(board.name, language),
            "version": 1,
            "weekStart": "monday",
        },
        language,
    )
    return found


def variable(name: str, label: Text, metric: str, *, multiple: bool) -> dict[str, Any]:
    """Return a variable whose values are those of the label of its name."""
    asked = f"label_values({metric}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "definition": asked,
        "query": {"qryType": 1, "query": asked, "refId": name},
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "multi": multiple,
        "includeAll": multiple,
        **(
            {"allValue": EVERY_SHOP, "current": {"text": ["All"], "value": ["$__all"]}}
            if multiple
            else {}
        ),
    }


def shops(*, multiple: bool = True) -> dict[str, Any]:
    """Return the variable `shop`."""
    metric = "chatpulse_shop_waiting_buyers"
    return variable("shop", Words("店铺", "Shop"), metric, multiple=multiple)


def _datasource() -> dict[str, Any]:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "hide": 2,
        "multi": False,
        "includeAll": False,
        "refresh": 1,
    }


def _links(name: str, language: Language) -> list[dict[str, Any]]:
    other: Language = "en" if language == "zh" else "zh"
    here = [(title, uid(key, language)) for key, title in NAMES.items() if key != name]
    return [
        *(_link(title, address) for title, address in here),
        _link("English" if other == "en" else "中文", uid(name, other)),
    ]


def _link(title: Text, address: str) -> dict[str, Any]:
    return {
        "type": "link",
        "title": title,
        "url": f"/d/{address}",
        "icon": "dashboard",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": False,
        "targetBlank": False,
    }


def _alerts_on_lines() -> dict[str, Any]:
    return {
        "name": Words("严重告警", "Critical alerts"),
        "datasource": SOURCE,
        "enable": True,
        "hide": True,
        "iconColor": CRITICAL,
        "expr": 'ALERTS{alertname=~"Chatpulse.+", alertstate="firing", severity="critical"}',
        "step": "15s",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{shop}} {{agent}}",
        "tagKeys": "severity",
    }
