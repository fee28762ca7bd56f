"""Checks and cleans uploaded photos, in a child process with limits."""
