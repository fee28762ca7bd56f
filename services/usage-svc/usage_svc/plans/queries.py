"""SQL of subscriptions."""

FIND_PLANS = "SELECT tenant_id, plan FROM subscriptions WHERE tenant_id = ANY ($1::uuid[])"
