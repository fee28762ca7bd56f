"""identity-svc: who may come in, to which tenant, and as what."""
