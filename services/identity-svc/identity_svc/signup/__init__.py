"""Sign-up: from an address that asks to a person with a tenant."""
