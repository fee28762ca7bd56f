"""Load through the gateway: how much the platform takes, and what neighbours notice of it."""
