"""Refusals that depend on what the directory says about a host."""

from gateway.wire.refusals import Refusal

UNKNOWN_HOST = Refusal(404, "unknown_host", "Not Found", "This workspace does not exist.")
TENANT_SUSPENDED = Refusal(403, "tenant_suspended", "Forbidden", "This workspace is suspended.")
