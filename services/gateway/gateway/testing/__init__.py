"""For tests of the gateway: a service behind it, a client that sends bytes, and a gateway."""
