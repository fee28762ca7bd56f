"""Stored objects: the store, and intents to delete objects from it."""
