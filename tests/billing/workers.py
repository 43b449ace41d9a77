"""Eight workers on one run, killed at random: started by ``test_numbering`` in a process of its own.

Arguments: the run's id, how many kills, a seed. Prints how many workers were killed.
"""

import os
import random
import signal
import sys
import time

import django

WORKERS = 8


def main(run_id: int, kills: int, seed: int) -> None:
    django.setup()
    from maillage.billing.runs.actions import bill_next  # noqa: PLC0415 - Django first
    from maillage.identity.actor import machine  # noqa: PLC0415 - Django first

    def work() -> None:
        while bill_next(machine("test"), run_id):
            pass

    def start() -> int:
        pid = os.fork()
        if pid == 0:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a child must never return into the parent's code
                sys.stderr.write(f"{error!r}\n")
                os._exit(1)
            os._exit(0)
        return pid

    chance = random.Random(seed)
    running = {start() for _ in range(WORKERS)}
    killed = 0
    while killed < kills and running:
        time.sleep(chance.uniform(0.005, 0.12))
        victim = chance.choice(sorted(running))
        os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        running.discard(victim)
        if os.WIFSIGNALED(status):
            killed += 1
        running.add(start())
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in running]
    sys.stdout.write(f"{killed} {sum(codes)}\n")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
