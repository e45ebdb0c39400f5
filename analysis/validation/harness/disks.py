"""Disks of a guest under pressure: one with an empty file system, one for swap. Both are sparse files."""

import os
import shutil
import subprocess

from errors import Missing

DISK, SWAP = "ext4.img", "swap.img"
DISK_BYTES = 16 << 30
# The tables of inodes are never written: neither here nor by the guest.
FORMAT = ("-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", "-J", "size=16")
DRIVE = "file={},if=none,id={},format=raw,cache=unsafe"
SMALLEST_SWAP = 1 << 20


def make(folder, swap):
    """Makes them; `swap` in bytes, 0: none."""
    _sparse(os.path.join(folder, DISK), DISK_BYTES)
    _run("mkfs.ext4", "e2fsprogs", *FORMAT, os.path.join(folder, DISK))
    if swap:
        _sparse(os.path.join(folder, SWAP), swap)
        os.chmod(os.path.join(folder, SWAP), 0o600)
        _run("mkswap", "util-linux", os.path.join(folder, SWAP))


def options(folder, swap):
    """QEMU's; with an empty `folder` as they are recorded."""
    result = []
    for number, name in enumerate([DISK, SWAP] if swap else [DISK]):
        result += ["-drive", DRIVE.format(os.path.join(folder, name), f"v{number}"),
                   "-device", f"virtio-blk-pci,drive=v{number}"]
    return result


def _sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def _run(program, package, *words):
    found = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if not found:
        raise Missing(f"no {program} here; on Debian: apt-get install {package} (./dev setup harness)")
    done = subprocess.run([found, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Missing(f"{program} failed: {done.stderr.strip()}")
