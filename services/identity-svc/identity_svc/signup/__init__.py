"""Sign-up: the way from an email address to a person with a tenant."""
