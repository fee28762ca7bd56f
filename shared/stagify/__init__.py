"""The platform kit: what every StagifyAI service would otherwise write twice.

Read in this order: `tenancy` and `database` (one transaction under row-level security),
`events`, `outbox` and `inbox` (how facts travel exactly once), `consumer`, `listening` and `worker` (the
background process), `http`, `stopping`, `auth`, `tokens`, `idempotency`, `pagination` (the HTTP process),
`calls` (between services), `telemetry`, `settings`, `cli` and `bootstrap`
(how processes start), `testing` (the pytest plugin).
"""
