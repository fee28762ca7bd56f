"""Mail as durable intent: queued in the caller's transaction, sent by the worker."""
