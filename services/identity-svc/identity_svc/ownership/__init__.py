"""How the ownership of a tenant goes from one member to another: both sides say so."""
