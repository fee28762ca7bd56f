"""Durable work with a due time: written in the caller's transaction, done later by the worker.

`queue` adds and withdraws tasks, `kinds` says how each kind is done, `runner` takes the tasks that
are due and calls their handlers, `claims` is the table as the runner's role sees it. Why this is
no library: docs/decisions/0010-tasks.md.
"""
