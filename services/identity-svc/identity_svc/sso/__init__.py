"""Single sign-on: people of a tenant log in at their company's own provider (OpenID Connect)."""
