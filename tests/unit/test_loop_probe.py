"""The probe that the attacks' servers carry: it sees work on the loop, and work alone."""

import subprocess
import sys
from pathlib import Path

from tests.support.loop_probe import steps, worst_step

PROGRAM = """
import asyncio, gc, sys, time
from pathlib import Path
from tests.support.loop_probe import install

def work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

async def long_task():
    work(0.06)
    await asyncio.sleep(0)
    work(0.001)

async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(time.sleep, 0.1)
    loop.call_soon(gc.collect)
    await long_task()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

install(Path(sys.argv[1]))
kept = [[] for _ in range(200_000)]
asyncio.run(main())
"""


def test_that_work_on_the_loop_is_noted_and_waiting_is_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True, timeout=60, cwd=Path.cwd())

    found = {step.what: step for step in steps(tmp_path, 0.0)}

    assert 0.06 <= found["main"].cpu_s < 0.5
    assert found["collect"].gc_s > 0.0
    assert "sleep" not in found
    longest = worst_step(tmp_path, 0.0)
    assert longest is not None
    assert longest.cpu_s == max(step.cpu_s for step in found.values())
    assert worst_step(tmp_path, longest.at + 3600.0) is None
