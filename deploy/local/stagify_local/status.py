"""What `make status` shows: each process with its port, memory and readiness."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import psutil
from rich.table import Table

from stagify_local.installation import Running, RunningProcess
from stagify_local.ports import accepts
from stagify_local.process import family_of
from stagify_local.supervisor import answers_ready

# Their ports speak protocols of their own and have no /readyz.
PARTS = {"postgres", "kafka", "objectstore"}
MEBIBYTE = 1024 * 1024


def status_table(running: Running) -> Table:
    """One row for each process, and the sum of their memory."""
    table = Table("process", "pid", "port", "memory (PSS)", "ready")
    supervisor = RunningProcess("supervisor, mail", running.pid, running.gateway_port)
    processes = [supervisor, *running.processes]
    with ThreadPoolExecutor(len(processes)) as pool:
        ready = pool.map(is_ready, processes)
    total = 0
    for process, answers in zip(processes, ready, strict=True):
        family = [] if process.pid is None else family_of(process.pid)
        # The children of the supervisor have rows of their own.
        memory = pss(family[:1] if process is supervisor else family)
        total += memory
        pid = "-" if process.pid is None else str(process.pid)
        port = "-" if process is supervisor else str(process.port)
        table.add_row(process.name, pid, port, mebibytes(memory), "yes" if answers else "no")
    table.add_section()
    table.add_row("all", "", "", mebibytes(total), "")
    return table


def is_ready(process: RunningProcess) -> bool:
    """Whether it serves now."""
    if process.pid is None:
        return False
    if process.name in PARTS or process.name.startswith("supervisor"):
        return accepts(process.port)
    return answers_ready(process.port)


def pss(processes: Iterable[psutil.Process]) -> int:
    """Their memory in bytes, shared pages counted once over all who share them."""
    total = 0
    for process in processes:
        try:
            memory = process.memory_full_info()
        except psutil.Error:
            continue
        # Only Linux has PSS; elsewhere the memory that belongs to the process alone comes close.
        total += memory.pss if hasattr(memory, "pss") else memory.uss
    return total


def mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:.0f} MiB"
