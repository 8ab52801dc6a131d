"""The PromQL that several dashboards ask: sums before quotients, of the chosen shops.

What the recording rules know is asked of them, most of all the waits: those rules remember when a
wait began, so that it goes on growing on the wall while a worker is down.
"""

from __future__ import annotations

from typing import Final

from .palette import levels

SHOPS: Final = 'shop=~"$shop"'
AGENT: Final = 'shop="$shop", agent="$agent"'
DELAY: Final = "processor:chatpulse_data_delay_seconds:min"
RATE: Final = "$__rate_interval"
UP: Final = "up and on (job, instance) last_over_time (chatpulse_build_info[1h])"
"""Every worker that has been there in the last hour: 1 while it can be scraped."""
OURS: Final = "and on (job, instance) chatpulse_build_info"
"""Behind a process metric: of workers only."""
UNSAVED: Final = (
    "clamp_min (max by (partition) (chatpulse_newest_event_timestamp_seconds)"
    " - on (partition) max by (partition) (chatpulse_checkpoint_timestamp_seconds), 0)"
)
"""Seconds of events that would be read again after a crash."""


def quotient(above: str, below: str, labels: str = "", by: str = "") -> str:
    """Divide two metrics summed over `by`; no sample where there is nothing to divide by."""
    total = f"sum by ({by})" if by else "sum"
    return f"{total} ({above}{{{labels}}}) / ({total} ({below}{{{labels}}}) > 0)"


def mean(level: str, window: str, labels: str, by: str = "") -> str:
    """Return the mean response of a window, in seconds."""
    name = f"chatpulse_{level}_window_response"
    return quotient(f"{name}_seconds", f"{name}s", f'{labels}, window="{window}"', by)


def within(level: str, limit: int, window: str, labels: str, by: str = "") -> str:
    """Return the share of rounds answered within `limit` seconds."""
    above, below = (
        f"chatpulse_{level}_window_rounds_within",
        f"chatpulse_{level}_window_duty_rounds",
    )
    return quotient(above, below, f'{labels}, window="{window}", limit="{limit}"', by)


def replied(level: str, window: str, labels: str, by: str = "") -> str:
    """Return the share of consulting buyers who got a reply."""
    name = f"chatpulse_{level}_window"
    labels = f'{labels}, window="{window}"'
    return quotient(f"{name}_replied_buyers", f"{name}_consulted_buyers", labels, by)


def converted(level: str, labels: str, by: str = "", span: str = "same_day") -> str:
    """Return the share of today's inquiries that were paid."""
    name = f"chatpulse_{level}"
    labels = f'{labels}, span="{span}"'
    return quotient(f"{name}_converted_inquiries", f"{name}_inquiries", labels, by)


def yuan(metric: str, labels: str, by: str = "") -> str:
    """Return an amount in yuan; the metrics count fen."""
    total = f"sum by ({by})" if by else "sum"
    return f"{total} ({metric}{{{labels}}}) / 100"


def slow_agents(labels: str = SHOPS) -> str:
    """Return the mean of the last minutes of every agent with enough answers to judge by."""
    found = levels("slow_responder")
    window = f'window="{found.window}"'
    return (
        f"agent:chatpulse_window_response_seconds:mean{{{labels}, {window}}}"
        " and on (shop, agent)"
        f" agent:chatpulse_window_responses:sum{{{labels}, {window}}} >= {found.samples}"
    )


def agent_waits(labels: str = SHOPS) -> str:
    """Return how long each agent's oldest buyer has waited; 0 where nobody waits."""
    return (
        f"agent:chatpulse_oldest_wait_seconds:max{{{labels}}}"
        f" or on (shop, agent) agent:chatpulse_waiting_buyers:sum{{{labels}}} * 0"
    )


def agent_state(labels: str = SHOPS) -> str:
    """Return 10 or 20 for a long wait plus 1 or 2 for slow answers, 0 when all is well."""
    wait, slow = levels("buyer_waiting"), levels("slow_responder")
    waits = agent_waits(labels)
    means = f"sum by (shop, agent) ({slow_agents(labels)}) or on (shop, agent) 0 * ({waits})"
    return (
        f"10 * ((({waits}) > bool {wait.warning:g}) + (({waits}) > bool {wait.critical:g}))"
        f" + ((({means}) > bool {slow.warning:g}) + (({means}) > bool {slow.critical:g}))"
    )


def shop_waits() -> str:
    """Return how long each shop's oldest buyer has waited; 0 where nobody waits."""
    return (
        f"shop:chatpulse_oldest_wait_seconds:max{{{SHOPS}}}"
        f" or on (shop) shop:chatpulse_waiting_buyers:sum{{{SHOPS}}} * 0"
    )
