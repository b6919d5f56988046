"""The virtual environment the rest of the launcher runs in. Standard library only."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from house import LOCAL, LocalCloudError, say

HOME = LOCAL / "venv"
PYTHON = HOME / "bin" / "python"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STAMP = HOME / "requirements.sha256"


def enter() -> None:
    """Go on inside the virtual environment, which is made or renewed first when it has to be."""
    if Path(sys.prefix) == HOME:
        return
    prepare()
    os.execv(PYTHON, [str(PYTHON), *sys.argv])


def prepare() -> None:
    """Make the environment match requirements.txt exactly."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text(encoding="ascii") == wanted:
        return
    if sys.version_info < (3, 11):
        raise LocalCloudError(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    say("Python packages: installing (about a minute, once)")
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        venv.create(HOME, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise LocalCloudError("Python cannot make virtual environments (Debian: install python3-venv)") from error
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    if subprocess.run(install).returncode != 0:
        raise LocalCloudError("pip could not install infra/local/requirements.txt")
    # Written last: an installation that was interrupted is repeated.
    STAMP.write_text(wanted, encoding="ascii")
    say("Python packages: ready")
