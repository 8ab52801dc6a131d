"""Live scoreboard of a customer service room: events from Kafka in, exact numbers out."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("chatpulse")
