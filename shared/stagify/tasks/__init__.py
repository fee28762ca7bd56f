"""Durable work with a due time: written in the caller's transaction, done later by the worker.

`queue` is for those who want something done, `kinds` for those who do it, `runner` takes what is
due and has it done, `claims` is the table as the runner's role sees it. Why no library:
docs/decisions/0010-tasks.md.
"""
