"""All tables of the service: what Alembic compares with and the architecture test reads."""

from sqlalchemy import MetaData

from identity_svc.tables import IdentityTable

METADATA: MetaData = IdentityTable.metadata

# Tables without row-level security, and why each may be.
NOT_TENANT_TABLES: dict[str, str] = {
    "users": "a person may belong to several tenants, and an address has one account",
    "signups": "a sign-up has no tenant until it is confirmed",
    "mails": "names a kind and an id only; the worker sends them across tenants",
    "throttles": "attempts are counted before anyone is known; holds keyed hashes only",
    "tenants": "no personal data; the worker goes through it to clean tenant by tenant",
}
