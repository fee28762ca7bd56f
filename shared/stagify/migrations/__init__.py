"""Alembic for all services: the environment, the helpers that revisions use, and the runner."""
