"""The relay between Alertmanager and chat robots: `chatpulse notify`."""
