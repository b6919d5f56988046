"""Where things lie in the repository, and how the launcher tells what it does."""

import os
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
LOCAL = ROOT / ".local"
BUILD = LOCAL / "build"
STATE = LOCAL / "state"
STACK = "after-school"
REGION = "cn-northwest-1"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"

CODE_URI = re.compile(r"^(\s+CodeUri:) functions/([a-z-]+)$", re.MULTILINE)

_started = time.monotonic()


class LocalCloudError(Exception):
    """Something a person has to mend; shown without a traceback."""


def functions() -> list[str]:
    """Every function of the template, by the name of its crate."""
    return [name for _, name in CODE_URI.findall(TEMPLATE.read_text(encoding="utf-8"))]


def say(text: str) -> None:
    """One progress line, with the seconds since the launcher began."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


def credentials(endpoint: str) -> dict[str, str]:
    """What any AWS client needs to reach the emulator as the owner of its account, and nothing of
    the person's own settings."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
