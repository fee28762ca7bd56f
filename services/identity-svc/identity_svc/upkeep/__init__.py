"""Deleting what has ended."""
