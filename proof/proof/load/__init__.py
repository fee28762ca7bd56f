"""Load through the gateway: how much the platform can take, and how much neighbours notice."""
