"""Observers of requests: access log, spans, figures, metering."""
