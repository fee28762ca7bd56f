"""Durable intents to delete stored objects."""
