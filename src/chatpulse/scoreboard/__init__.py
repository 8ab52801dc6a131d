"""Rows to boards: live windows, open waits, days and their scorecards."""
