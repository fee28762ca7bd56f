"""Credentials of programs, shown once and kept as a keyed hash."""
