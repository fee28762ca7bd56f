"""How people sign in to a tenant."""
