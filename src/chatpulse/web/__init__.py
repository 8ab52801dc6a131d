"""The web server of worker and relay: who may ask, how much, and how slowly."""
