"""Keyed hashes of secrets."""
