"""Calls made from the OpenAPI document, in every role, and what must hold of every answer."""
