"""The local cloud: the whole of template.yaml on one machine, without Docker or an account.

    cloud.py demo          build, start, deploy, seed, run the main job, stay up until Ctrl-C
    cloud.py run -- CMD    a fresh cloud for the time of one command, then nothing is left
    cloud.py books         add up the journal of the demo that is running
    cloud.py audit         verify the audit of the demo that is running, segments and tables
    cloud.py reset         forget the demo's records
    cloud.py prepare       only the Python environment, which the template's tests use too

State, logs and the Python environment lie in .local; `DEMO_ONESHOT=1` makes the demo end by itself.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import binaries
import interpreter
import welcome
from children import Child, adopt_orphans, free_port, listens, stopped_at_the_end
from house import LOCAL, REGION, ROOT, STACK, STATE, LocalCloudError, credentials, say


@dataclass(frozen=True)
class Cloud:
    """Where a running cloud can be reached."""

    endpoint: str
    api: str
    simulator: str
    stack: str
    outputs: dict[str, str]

    def environment(self) -> dict[str, str]:
        """For a process that talks to the cloud from outside."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return (
            own
            | credentials(self.endpoint)
            | {
                "CLOUD_API_URL": self.api,
                "CLOUD_ENDPOINT_URL": self.endpoint,
                "CLOUD_SIMULATOR_URL": self.simulator,
                "CLOUD_STACK": self.stack,
                "CLOUD_AUDIT_BUCKET": self.outputs["AuditBucketName"],
                "CLOUD_SIGNING_KEY": self.outputs["SigningKeyId"],
            }
        )


@contextlib.contextmanager
def running(state: Path, keep: bool) -> Iterator[Cloud]:
    """A cloud with its state in a folder; `keep` makes the emulator save it at the end."""
    # Only now: its packages lie in the virtual environment.
    from stack import Stack

    adopt_orphans()
    for folder in ("emulator", "objects", "scratch", "log"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    zips = binaries.packages()
    secrets = _secrets(state)
    with contextlib.ExitStack() as started:
        emulator_port, simulator_port = _ports(state)
        started.enter_context(stopped_at_the_end(_start_emulator(state, emulator_port, keep)))
        started.enter_context(stopped_at_the_end(_start_simulator(state, simulator_port)))
        started.callback(say, "stopping")
        endpoint, simulator = f"http://127.0.0.1:{emulator_port}", f"http://127.0.0.1:{simulator_port}"
        deployed = Stack(endpoint, state / "scratch")
        deployed.keep_secrets(secrets)
        api = deployed.deploy(zips, simulator)
        yield Cloud(endpoint, api, simulator, STACK, deployed.outputs())


def _start_emulator(state: Path, port: int, keep: bool) -> Child:
    # A minimal environment: functions inherit all of it.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(state / "scratch"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "MINISTACK_REGION": REGION,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(state / "emulator"),
        "S3_DATA_DIR": str(state / "objects"),
        "TMPDIR": str(state / "scratch"),
        "PERSIST_STATE": "1" if keep else "0",
        "S3_PERSIST": "1" if keep else "0",
        # Roles are enforced: a permission missing here would be missing in the cloud.
        "AUTH": "true",
    }
    command = [sys.executable, str(Path(__file__).with_name("emulator.py"))]
    child = Child("MiniStack", command, environment, state / "log" / "emulator.log")
    child.until(lambda: listens(port), seconds=60)
    say(f"MiniStack: {environment['AWS_ENDPOINT_URL']}")
    return child


def _start_simulator(state: Path, port: int) -> Child:
    command = [
        str(binaries.binary("simulator")),
        *("--listen", f"127.0.0.1:{port}"),
        *("--secrets", str(state / "secrets.json")),
        *("--state", str(state / "simulator.json")),
    ]
    environment = {"PATH": os.environ["PATH"], "RUST_LOG": os.environ.get("RUST_LOG", "info")}
    child = Child("simulator", command, environment, state / "log" / "simulator.log")
    child.until(lambda: listens(port), seconds=20)
    say(f"simulator: http://127.0.0.1:{port}")
    return child


def _secrets(state: Path) -> dict[str, object]:
    """Made once by the simulator, which signs and verifies with the other halves of these keys."""
    kept = state / "secrets.json"
    if not kept.exists():
        printed = subprocess.run([binaries.binary("simulator"), "--print-secrets"], capture_output=True, text=True)
        if printed.returncode != 0:
            raise LocalCloudError(f"simulator --print-secrets failed\n{printed.stderr}")
        aside = kept.with_suffix(".tmp")
        with open(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(printed.stdout)
        aside.replace(kept)
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def _ports(state: Path) -> tuple[int, int]:
    """The ports of the last run when they are free: addresses people wrote down stay true."""
    kept = state / "ports.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else [None, None]
    emulator = free_port(before[0])
    simulator = free_port(before[1])
    kept.write_text(json.dumps([emulator, simulator]), encoding="utf-8")
    return emulator, simulator


def demo() -> int:
    """The whole platform for a person to try."""
    binaries.build()
    STATE.mkdir(parents=True, exist_ok=True)
    with _alone(), running(STATE, keep=True) as cloud:
        status = _journey(cloud, "seed") or _journey(cloud, "main")
        if status != 0:
            say(f"the journey failed with status {status}; logs in {STATE.relative_to(ROOT)}/log")
        if os.environ.get("DEMO_ONESHOT") == "1":
            return status
        print(welcome.text(cloud.api, cloud.simulator, cloud.endpoint, cloud.stack), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return status


def _journey(cloud: Cloud, part: str) -> int:
    say(f"journey: {part}")
    environment = cloud.environment() | {"CLOUD_LOGINS": str(welcome.LOGINS)}
    return _foreground([str(binaries.binary("journey")), part], environment)


def run(command: list[str]) -> int:
    """A fresh cloud for one command."""
    binaries.build()
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=LOCAL, ignore_cleanup_errors=True) as folder:
        status = 1
        try:
            with running(Path(folder), keep=False) as cloud:
                say(f"running: {' '.join(command)}")
                status = _foreground(command, cloud.environment())
                say(f"ended with status {status}")
        finally:
            if status != 0:
                _keep_logs(Path(folder))
    return status


def _keep_logs(state: Path) -> None:
    kept = LOCAL / "last-failure"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(state / "log", kept)
    say(f"logs of the cloud: {kept.relative_to(ROOT)}")


def _foreground(command: list[str], environment: dict[str, str]) -> int:
    with stopped_at_the_end(Child(command[0], command, environment)) as child:
        return child.wait()


def audit() -> int:
    """Verify the audit of the demo that is running, as its owner."""
    # Only now: its packages lie in the virtual environment.
    from stack import Stack

    kept = STATE / "ports.json"
    port = json.loads(kept.read_text(encoding="utf-8"))[0] if kept.exists() else None
    if port is None or not listens(port):
        raise LocalCloudError("no demo is running; start one with `make demo`")
    endpoint = f"http://127.0.0.1:{port}"
    outputs = Stack(endpoint, STATE / "scratch").outputs()
    command = [
        str(binaries.binary("audit")), "verify", "--tables",
        "--segments", f"s3://{outputs['AuditBucketName']}",
        "--public-key", f"kms:{outputs['SigningKeyId']}",
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "TABLE_PREFIX": STACK} | credentials(endpoint)
    return subprocess.run(command, env=environment).returncode


def books() -> int:
    """Add up the journal of the demo that is running, as its owner."""
    kept = STATE / "ports.json"
    port = json.loads(kept.read_text(encoding="utf-8"))[0] if kept.exists() else None
    if port is None or not listens(port):
        raise LocalCloudError("no demo is running; start one with `make demo`")
    environment = {"PATH": os.environ["PATH"], "TABLE_PREFIX": STACK} | credentials(f"http://127.0.0.1:{port}")
    return subprocess.run([str(binaries.binary("books")), "trial-balance"], env=environment).returncode


def reset() -> int:
    """Forget every record of the demo, and its keys."""
    if STATE.exists():
        with _alone():
            shutil.rmtree(STATE)
    say("the demo starts afresh next time")
    return 0


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two demos on one state would overwrite each other's records."""
    with (LOCAL / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalCloudError("a demo is running already") from None
        yield


def _on_signal(number: int, _frame: FrameType | None) -> None:
    # Only once: whoever presses Ctrl-C again waits for the same orderly end.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("job", choices=("demo", "run", "audit", "books", "reset", "prepare"))
    words.add_argument("command", nargs=argparse.REMAINDER, help="for run: -- CMD")
    given = words.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _on_signal)
    try:
        interpreter.enter()
        if given.job == "run":
            command = given.command[1:] if given.command[:1] == ["--"] else given.command
            if not command:
                words.error("run needs a command: cloud.py run -- CMD")
            return run(command)
        if given.job == "demo":
            return demo()
        if given.job == "audit":
            return audit()
        if given.job == "books":
            return books()
        # What is left is `prepare`: the environment is there by now.
        return reset() if given.job == "reset" else 0
    except LocalCloudError as error:
        say(f"failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
