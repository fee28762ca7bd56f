"""The platform kit: what every StagifyAI service would otherwise write twice.

Read in this order: `topology` (the platform's topics, databases and consumers by name), `database`
(one transaction under row-level security), `tables`, `events`, `outbox` and `inbox`
(how events take effect exactly once), `cause` (who caused the work), `consumer`, `tasks` and `worker`
(the background process), `http`, `auth`, `dependencies`, `tokens`, `idempotency` and `pagination`
(the HTTP process), `calls` (between services), `telemetry`, `settings`, `cli` and `bootstrap` (how
processes start), `patches` (what we change inside libraries), `testing` (the pytest plugin).
"""
