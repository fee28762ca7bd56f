"""For tests of the gateway: a service behind it, a client that speaks bytes, a gateway to drive."""
