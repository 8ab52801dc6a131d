"""Grafana's dashboards: plain dictionaries, made from one source in Chinese and in English."""

from .files import dashboard_files

__all__ = ["dashboard_files"]
