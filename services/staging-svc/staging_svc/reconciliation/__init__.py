"""Comparing the object store with the rows that own its objects."""
