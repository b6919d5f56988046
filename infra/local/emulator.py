"""MiniStack, with two of its waits switched off. Run as a program it is the emulator itself.

Both waits are about a hundred times longer than the work between them: Nagle's algorithm on the
Runtime API that functions poll, and fifty milliseconds for a log line that mostly is there already.
"""

import socketserver

from ministack import app
from ministack.core import lambda_runtime

FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP = 0.002, 0.001, 0.25


def main() -> None:
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    for worker in vars(lambda_runtime).values():
        if drain := vars(worker).get("_drain_stderr_bounded") if isinstance(worker, type) else None:
            drain.__defaults__ = (FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP)
    app.main()


if __name__ == "__main__":
    main()
