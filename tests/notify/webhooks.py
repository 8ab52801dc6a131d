"""Webhooks as Alertmanager writes them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from chatpulse.notify.alerts import Group, parse_group

ZERO = "0001-01-01T00:00:00Z"


def alert(
    name: str = "ChatpulseAgentSlow",
    *,
    agent: str = "小美",
    shop: str = "shop-a",
    severity: str = "warning",
    firing: bool = True,
    fingerprint: str = "",
    labels: dict[str, str] | None = None,
    **annotations: str,
) -> dict[str, Any]:
    shown = {"alertname": name, "severity": severity, "shop": shop, "scope": "agent"}
    if agent:
        shown["agent"] = agent
    return {
        "status": "firing" if firing else "resolved",
        "labels": shown | {"job": "chatpulse", "monitor": "main"} | (labels or {}),
        "annotations": {
            "summary": f"{agent or shop} answers slowly: 130 s",
            "summary_zh": f"{agent or shop} 平均响应 130 秒",
            "runbook_url": f"https://wiki.example/runbook#{name.lower()}",
        }
        | annotations,
        "startsAt": "2026-11-25T06:03:00.123456789Z",
        "endsAt": ZERO if firing else "2026-11-25T14:20:00+08:00",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": fingerprint
        or hashlib.sha256(f"{name}{agent}{shop}".encode()).hexdigest()[:16],
    }


def webhook(*alerts: dict[str, Any], key: str = '{}:{shop="shop-a"}', truncated: int = 0) -> bytes:
    firing = any(one["status"] == "firing" for one in alerts)
    return json.dumps(
        {
            "version": "4",
            "groupKey": key,
            "truncatedAlerts": truncated,
            "status": "firing" if firing else "resolved",
            "receiver": "chat",
            "groupLabels": {"shop": "shop-a"},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager:9093",
            "alerts": list(alerts),
        }
    ).encode()


def group(*alerts: dict[str, Any], key: str = "g", truncated: int = 0) -> Group:
    return parse_group(webhook(*alerts, key=key, truncated=truncated))
