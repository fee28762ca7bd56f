"""HTTP/1.1 on both sides: a strict parser for clients, pooled connections to the services."""
