"""Stored objects: the store itself, and durable intents to delete from it."""
