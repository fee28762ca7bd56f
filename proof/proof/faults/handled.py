"""The events that each consumer handles, taken from the consumer itself."""

from identity_svc.handlers import HANDLERS as IDENTITY
from stagify.events.usage import UsageRecorded
from staging_svc.handlers import HANDLERS as STAGING
from tenant_svc.handlers import HANDLERS as TENANT
from usage_svc.handlers import ATTACHING
from usage_svc.handlers import make_handlers as usage_handlers
from usage_svc.plans.schemas import load_plans

_CLASSES = {
    "tenant-svc": list(TENANT),
    "identity-svc": list(IDENTITY),
    "staging-svc": list(STAGING),
    "usage-svc": [*usage_handlers(load_plans(None)), *ATTACHING],
}

# The types whose ids the inbox of each consumer must hold. Usage has the ledger instead.
HANDLED: dict[str, frozenset[str]] = {
    name: frozenset(str(cls.event_type) for cls in classes) for name, classes in _CLASSES.items()
}
CONSUMED: dict[str, frozenset[str]] = {
    name: frozenset(str(cls.topic.value) for cls in classes)
    | ({str(UsageRecorded.topic.value)} if name == "usage-svc" else frozenset())
    for name, classes in _CLASSES.items()
}
