"""The customers: who they are."""
