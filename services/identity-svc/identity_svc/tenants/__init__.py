"""The local copy of a tenant, and the receipts of its life cycle."""
