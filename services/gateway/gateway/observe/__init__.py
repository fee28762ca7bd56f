"""What is seen of requests: access log, spans, figures, metered calls."""
