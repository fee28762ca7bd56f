"""Who is calling: credentials, revocations, and what the services are told about the caller."""
