"""Calls between services: a module for each callee, imported by both sides of the call.

A module holds the path, the models of request and answer, the refusals that a caller can get, and
the call itself as a function. Neither side has a copy that could drift.
"""
