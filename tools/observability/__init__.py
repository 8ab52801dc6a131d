"""Makes what watches chatpulse: rules, alerts, routes and dashboards, all from one settings file.

`python -m tools.observability` writes every generated file; `--check` only tells what is stale.
"""
