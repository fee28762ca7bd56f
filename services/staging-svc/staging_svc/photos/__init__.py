"""Checks and cleans photos of strangers, in a child process with limits."""
