"""Bytes to meaning: identifiers, events, the decoder and the topics."""
