"""Processes the launcher starts, and their certain end."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from house import LocalCloudError

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class Child:
    """A process in a session of its own: Ctrl-C reaches the launcher first, and what the child
    starts can be ended with it."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path | None = None) -> None:
        self.name = name
        self.log = log
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as opened:
            output = opened.enter_context(log.open("ab")) if log else None
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL if log else None,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_launcher,
            )

    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        return self._process.wait()

    def until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once the child is ready; explain with its last words when it never is."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive() or time.monotonic() > deadline:
                raise LocalCloudError(f"{self.name} did not start\n{self.last_words()}")
            time.sleep(0.05)

    def last_words(self) -> str:
        if not self.log or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def stop(self, seconds: float = 15) -> None:
        """Ask the process itself, so that it may save and end its own children; then make sure."""
        if self.alive():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Its own children, which came to us when it ended.
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-self._process.pid, 0)


@contextlib.contextmanager
def stopped_at_the_end(child: Child) -> Iterator[Child]:
    try:
        yield child
    finally:
        child.stop()


def free_port(preferred: int | None = None) -> int:
    """A loopback port nobody listens on; the preferred one when it is free."""
    for port in filter(None, (preferred, 0 if preferred is None else None)):
        if (taken := _bind(port)) is not None:
            return taken
    found = _bind(0)
    if found is None:
        raise LocalCloudError("no free loopback port")
    return found


def _bind(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def adopt_orphans() -> None:
    """Linux: what a child leaves behind when it ends becomes ours to bury."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _end_with_launcher() -> None:
    """Linux: even a launcher that is killed outright leaves nothing behind."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value)
