"""Every table of tenant-svc, collected for migrations and for the architecture test."""

from tenant_svc.brands.models import Brand
from tenant_svc.hosts.models import Slug
from tenant_svc.lifecycle.models import Provisioning, TenantReceipt
from tenant_svc.tables import ServiceTable
from tenant_svc.tenants.models import Tenant

__all__ = ["Brand", "Provisioning", "Slug", "Tenant", "TenantReceipt"]

METADATA = ServiceTable.metadata

# Tables without row-level security, each with its reason. The architecture test reads this.
NOT_TENANT_TABLES: dict[str, str] = {
    "slugs": "a slug is unique over the whole installation and is read before its tenant is known",
    "provisionings": "upkeep must find unfinished tenants without knowing them; only ids and times",
}
