"""Takes tasks and never ends them: for tests that kill it. Arguments: app's and tasks role's URL."""

import asyncio
import sys

from stagify.database import Database
from stagify.tasks.kinds import Kind, Task
from stagify.tasks.runner import TaskRunner


async def hang(task: Task) -> None:
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main() -> None:
    app, tasks = (Database(url, service="victim", pool_size=1) for url in sys.argv[1:3])
    await TaskRunner(tasks, app, {"victim": Kind(handler=hang)}).run()


asyncio.run(main())
