"""People and their sign-up: mail first, then a code, then an account and a tenant."""
