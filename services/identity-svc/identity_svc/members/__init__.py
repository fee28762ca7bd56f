"""Who belongs to a tenant, and with which role."""
