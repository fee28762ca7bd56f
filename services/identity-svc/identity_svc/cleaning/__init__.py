"""Deleting what is over."""
