"""Who is calling: credentials and their revocations, and what services are told."""
