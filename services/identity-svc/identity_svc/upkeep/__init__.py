"""Forgetting what is over."""
