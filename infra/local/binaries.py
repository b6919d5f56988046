"""From crates to deployment packages: one zip with a `bootstrap` per function."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from house import BUILD, ROOT, TARGET, LocalCloudError, functions, say


def build() -> None:
    """Compile every debug binary. The whole workspace at once, always with the same flags: a
    smaller selection would unify features differently and compile the SDKs a second time."""
    say("binaries: cargo build (the first time takes many minutes)")
    if subprocess.run(["cargo", "build", "--workspace", "--bins"], cwd=ROOT).returncode != 0:
        raise LocalCloudError("cargo could not build the binaries")


def binary(name: str) -> Path:
    """The debug binary of a crate."""
    path = TARGET / name
    if not path.exists():
        raise LocalCloudError(f"no binary {path}: the crate `{name}` does not build one")
    return path


def packages() -> dict[str, Path]:
    """The zip of each function; only what changed since the last time is packed again."""
    BUILD.mkdir(parents=True, exist_ok=True)
    zips = {name: _package(name) for name in functions()}
    say(f"packages: {len(zips)} functions, {sum(z.stat().st_size for z in zips.values()) >> 20} MB")
    return zips


def _package(name: str) -> Path:
    source, target, stamp = binary(name), BUILD / f"{name}.zip", BUILD / f"{name}.stamp"
    seen = f"{source} {source.stat().st_size} {source.stat().st_mtime_ns}"
    if target.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == seen:
        return target
    # Two launchers may pack at once, so both work aside and the last rename wins.
    aside = BUILD / f"{name}.{os.getpid()}"
    _strip(source, aside)
    with zipfile.ZipFile(aside.with_suffix(".tmp"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
        # A fixed date: the same binary gives the same zip, and the deployment sees no change.
        entry = zipfile.ZipInfo("bootstrap", date_time=(2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        pack.writestr(entry, aside.read_bytes(), compresslevel=1)
    aside.unlink()
    aside.with_suffix(".tmp").replace(target)
    stamp.write_text(seen, encoding="utf-8")
    return target


def _strip(source: Path, target: Path) -> None:
    """Debug symbols are four fifths of a debug binary; the emulator copies and keeps each one."""
    strip = shutil.which("strip")
    if (
        strip
        and subprocess.run([strip, "--strip-debug", "-o", target, source], stderr=subprocess.DEVNULL).returncode == 0
    ):
        return
    shutil.copyfile(source, target)
