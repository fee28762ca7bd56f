"""The local copy of tenants, kept from their events."""
