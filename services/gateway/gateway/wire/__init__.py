"""HTTP/1.1 on both sides: strict towards clients, pooled towards the services."""
