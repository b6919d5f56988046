"""What a cold start costs: for each release binary its size, the CPU time until it asks for its first event, and its
peak memory by then. One JSON line for each figure. Linux only; CPU time counts in clock ticks, so the median of several
starts is taken over the sum of user and system time."""

from __future__ import annotations

import http.server
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

STARTS = 11
TARGET_INIT_MS = "<= 5"


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Answers the Lambda Runtime API just far enough to see a function ask for work."""

    asked = threading.Event()

    def do_GET(self) -> None:
        RuntimeApi.asked.set()
        time.sleep(60)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The figures are the only output."""


def figure(name: str, value: float, unit: str, target: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "target": target}), flush=True)


def environment(port: int) -> dict[str, str]:
    names = (
        "TABLE_PREFIX SESSION_SECRET BLIND_SECRET WECHAT_SECRET WECHAT_BASE_URL ALIPAY_SECRET ALIPAY_BASE_URL "
        "CHINAUMS_SECRET CHINAUMS_BASE_URL PUBLIC_URL SNAPSHOTS_BUCKET IMPORTS_BUCKET BILLS_BUCKET AUDIT_BUCKET AUDIT_SIGNING_KEY "
        "ARCHIVE_QUEUE_URL IMPORT_QUEUE_URL REFUND_QUEUE_URL"
    )
    return dict.fromkeys(names.split(), "bench") | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_REGION": "cn-northwest-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "RUST_LOG": "info",
    }


def start(binary: Path, port: int) -> tuple[float, int]:
    """CPU milliseconds and peak kilobytes until the function asks for its first event."""
    RuntimeApi.asked.clear()
    process = subprocess.Popen([binary], env=environment(port), stdout=subprocess.DEVNULL)
    try:
        if not RuntimeApi.asked.wait(20):
            sys.exit(f"{binary.name} never asked for an event")
        # schedstat counts nanoseconds on the processor, finer than the ticks of stat.
        nanoseconds = sum(
            int(task.joinpath("schedstat").read_text().split()[0])
            for task in Path(f"/proc/{process.pid}/task").iterdir()
        )
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        return nanoseconds / 1e6, peak
    finally:
        process.kill()
        process.wait()


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in names:
        binary = folder / name
        starts = [start(binary, server.server_port) for _ in range(STARTS)]
        figure(f"{name}.binary_size", binary.stat().st_size / 1e6, "MB", "reported")
        figure(f"{name}.init_cpu", statistics.median(cpu for cpu, _ in starts), "ms", TARGET_INIT_MS)
        figure(f"{name}.init_peak_memory", statistics.median(peak for _, peak in starts) / 1024, "MB", "reported")


if __name__ == "__main__":
    main()
