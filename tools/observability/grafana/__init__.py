"""Checks and draws dashboards with Grafana's own npm packages; Grafana itself is not run."""
