"""The queue of staging jobs: fair across tenants, leased, fenced."""
