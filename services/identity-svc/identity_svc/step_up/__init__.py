"""Proving once more, in a session, that it is still the same person."""
