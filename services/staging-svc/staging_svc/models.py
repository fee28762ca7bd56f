"""Every table of staging-svc, collected for migrations and for the architecture test."""

from staging_svc.images.models import Image, Rendition
from staging_svc.projects.models import Project
from staging_svc.queue.models import Job
from staging_svc.tables import ServiceTable
from staging_svc.tenants.models import Tenant
from staging_svc.uploads.models import Upload

__all__ = ["Image", "Job", "Project", "Rendition", "Tenant", "Upload"]

METADATA = ServiceTable.metadata

# Tables without row-level security, each with its reason: none but the kit's own.
NOT_TENANT_TABLES: dict[str, str] = {}
