"""The guest's files: a kernel image, from a Debian package if need be, and the initramfs with our init."""

import io
import lzma
import os
import re
import shutil
import stat
import subprocess
import tarfile

from errors import Missing, WrongInput

GUEST_SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")
AR_MAGIC = b"!<arch>\n"
AR_HEADER = 60
# up to 6.18, and from 6.19 on (linux-binary-*)
IMAGE_IN_PACKAGE = re.compile(r"^(\./)?(boot/vmlinuz-[^/]+|(usr/)?lib/modules/[^/]+/vmlinuz)$")
X86_BOOT_MAGIC_AT, X86_BOOT_MAGIC = 0x202, b"HdrS"


def kernel(path, folder):
    """The bootable image behind `path`, a Debian package or an image; what is unpacked goes to `folder`."""
    try:
        with open(path, "rb") as file:
            head = file.read(X86_BOOT_MAGIC_AT + len(X86_BOOT_MAGIC))
    except OSError as error:
        raise WrongInput(f"{path}: {error.strerror}") from error
    if head.startswith(AR_MAGIC):
        return unpack(path, folder)
    if head[X86_BOOT_MAGIC_AT:] != X86_BOOT_MAGIC:
        raise WrongInput(f"{path}: neither a Debian package nor a bootable x86 image (vmlinuz)")
    return path


def unpack(package, folder):
    """Takes the image out of a Debian package."""
    with open(package, "rb") as file:
        if file.read(len(AR_MAGIC)) != AR_MAGIC:
            raise WrongInput(f"{package}: not a Debian package")
        name, data = _data_member(file, package)
        try:
            plain = lzma.LZMAFile(data) if name.endswith(".xz") else data
            with tarfile.open(fileobj=plain, mode="r|*") as archive:
                for member in archive:
                    if member.isfile() and IMAGE_IN_PACKAGE.match(member.name):
                        target = os.path.join(folder, os.path.basename(package) + ".vmlinuz")
                        with open(target + ".partial", "wb") as out:
                            shutil.copyfileobj(archive.extractfile(member), out)
                        os.replace(target + ".partial", target)
                        return target
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise WrongInput(f"{package}: cannot be unpacked: {error}") from error
    raise WrongInput(f"{package}: has no kernel image; take linux-image-VERSION-amd64-unsigned, or "
                     "linux-binary-VERSION-amd64 from 6.19 on")


def _data_member(file, package):
    while header := file.read(AR_HEADER):
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return name, io.BytesIO(file.read(size))
        file.seek(size + size % 2, os.SEEK_CUR)
    raise WrongInput(f"{package}: has no data.tar")


def build_initramfs(target, compiler="gcc"):
    """Compiles the guest's init and packs it; `target` is replaced only when it is complete."""
    sources = sorted(os.path.join(GUEST_SOURCES, name) for name in os.listdir(GUEST_SOURCES) if name.endswith(".c"))
    init = target + ".init"
    try:
        built = subprocess.run([compiler, "-O2", "-static", "-s", "-Wall", "-Wextra", "-o", init, *sources],
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if built.returncode:
            raise Missing(f"{compiler} cannot build the guest's init (does it need libc6-dev?):\n{built.stderr}")
        with open(init, "rb") as file:
            content = archive({"init": file.read()})
    except OSError as error:
        raise Missing(f"{compiler}: {error.strerror}; on Debian: apt-get install gcc libc6-dev") from error
    finally:
        if os.path.exists(init):
            os.unlink(init)
    with open(target + ".partial", "wb") as file:
        file.write(content)
    os.replace(target + ".partial", target)
    return target


def archive(programs):
    """A cpio archive (newc) with folders, the console's device and programs, not compressed: the guest boots sooner."""
    entries = [(name, stat.S_IFDIR | 0o755, b"", (0, 0)) for name in ("dev", "proc", "sys")]
    entries.append(("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)))
    entries += [(name, stat.S_IFREG | 0o755, content, (0, 0)) for name, content in programs.items()]
    entries.append(("TRAILER!!!", 0, b"", (0, 0)))
    out = bytearray()
    for inode, (name, mode, content, device) in enumerate(entries, 1):
        fields = [inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return bytes(out)
