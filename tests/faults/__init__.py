"""The fault campaign: workers on real brokers, everything goes wrong, no number may be.

`python -m tests.faults --help`; what came of it is in docs/reliability.md. A campaign is a `Plan`
made from a seed (`plan`), run against a `Site` of brokers (`brokers`) and judged by `check`.
"""
