"""The Prometheus metrics of identity-svc, all in one place."""

from prometheus_client import Counter, Gauge, Histogram

SIGNUPS = Counter("stagify_identity_signups", "Sign-ups by stage: started, confirmed.", ["stage"])
LOG_INS = Counter("stagify_identity_log_ins", "Log-ins: accepted, refused, throttled.", ["outcome"])
LOOK_UPS = Counter(
    "stagify_identity_credential_look_ups", "Credentials looked up.", ["type", "outcome"]
)
MAILS = Counter(
    "stagify_identity_mails",
    "Mails: sent, failed (tried again), refused, obsolete, given_up (alert above 0).",
    ["kind", "outcome"],
)
HASH_SECONDS = Histogram(
    "stagify_identity_password_hash_seconds",
    "Time one password hash took, without waiting for a thread.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
HASHES_PENDING = Gauge(
    "stagify_identity_password_hashes_pending", "Password hashes running or waiting."
)
