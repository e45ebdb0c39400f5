"""The guest's files: a kernel image, from a Debian package if need be, its firmware, and the initramfs with our init."""

import dataclasses
import gzip
import io
import lzma
import os
import re
import shutil
import stat
import struct
import subprocess
import tarfile

import architecture
from errors import Missing, WrongInput

GUEST_SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")
AR_MAGIC = b"!<arch>\n"
AR_HEADER = 60
XZ_MAGIC = b"\xfd7zXZ\0"
# up to 6.18, and from 6.19 on (linux-binary-*)
IMAGE_IN_PACKAGE = re.compile(r"^(\./)?(boot/vmlinu[xz]-[^/]+|(usr/)?lib/modules/[^/]+/vmlinu[xz])$")
CONFIG_IN_PACKAGE = re.compile(r"^(\./)?boot/config-[^/]+$")
FIRMWARE_IN_PACKAGE = re.compile(r"^(\./)?usr/share/qemu-efi-aarch64/QEMU_EFI\.fd$")
# What a disk with ext4 and a virtio-mem device need, in the order in which it is loaded; a kernel's package has those that
# are not built in.
VIRTIO_MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci")
DISK_MODULES = (*VIRTIO_MODULES, "virtio_blk", "crc16", "crc32c_generic", "mbcache", "jbd2", "ext4")
VIRTIO_MEM_MODULES = (*VIRTIO_MODULES, "virtio_mem")
MODULE_LIST = "modules"  # names them in the initramfs
HEAD = 0x210  # bytes of an image that tell what it is
X86_BOOT_MAGIC_AT, X86_BOOT_MAGIC = 0x202, b"HdrS"
ARM64_MAGIC_AT, ARM64_MAGIC = 0x38, b"ARM\x64"
ARM64_PE_MACHINE = 0xaa64
ELF_PPC64 = 21


@dataclasses.dataclass(frozen=True)
class Kernel:
    path: str  # of the bootable image
    architecture: architecture.Architecture
    config: str = ""  # the text of its configuration; empty: not at hand
    source: str = ""  # what the user has named


def kernel(path, folder):
    """The kernel behind `path`, a Debian package or an image; what is unpacked goes to `folder`."""
    if _head(path).startswith(AR_MAGIC):
        found = unpack(path, folder, {"config": CONFIG_IN_PACKAGE, "vmlinuz": IMAGE_IN_PACKAGE}, last="vmlinuz")
        if "vmlinuz" not in found:
            raise WrongInput(f"{path}: has no kernel image; take linux-image-VERSION-FLAVOUR (amd64 and arm64: "
                             "-unsigned), or linux-binary-VERSION-FLAVOUR from 6.19 on")
        image, config = found["vmlinuz"], found.get("config", "")
    else:
        image, config = path, re.sub(r"vmlinu[xz]-([^/]+)$", r"config-\1", path)  # as /boot has them
    kind = recognise(image)
    if not kind:
        raise WrongInput(f"{path}: neither a Debian package nor a bootable image of {', '.join(architecture.ALL)} "
                         "(vmlinuz)")
    if config in ("", path) or not os.path.exists(config):
        return Kernel(image, kind, source=path)
    with open(config, errors="replace") as file:
        return Kernel(image, kind, file.read(), path)


def modules(path, folder, wanted):
    """Files for the initramfs, name -> path: the modules `wanted` that are in the package, or in /lib/modules for an image
    that this machine has installed, and their list."""
    suffix = r"\.ko(\.xz)?"
    if _head(path).startswith(AR_MAGIC):
        patterns = {name: re.compile(rf"^(\./)?(usr/)?lib/modules/.*/{name}{suffix}$") for name in wanted}
        found = unpack(path, folder, patterns, last=None)
    else:
        tree = os.path.join("/lib/modules", re.sub(r"^vmlinu[xz]-", "", os.path.basename(path)))
        found = {match[1]: os.path.join(at, name) for at, _, names in os.walk(tree) for name in names
                 if (match := re.fullmatch(rf"({'|'.join(wanted)}){suffix}", name))}
    if not found:
        return {}
    result, there = {}, [name for name in wanted if name in found]
    for name in there:
        with open(found[name], "rb") as file:
            content = file.read()
        result[f"{name}.ko"] = os.path.join(folder, f"{name}.ko")
        with open(result[f"{name}.ko"], "wb") as file:
            file.write(lzma.decompress(content) if content.startswith(XZ_MAGIC) else content)
    result[MODULE_LIST] = os.path.join(folder, MODULE_LIST)
    with open(result[MODULE_LIST], "w") as file:
        file.write(" ".join(there) + "\n")
    return result


def firmware(path, folder):
    """The firmware behind `path`, itself or in a Debian package."""
    if not _head(path).startswith(AR_MAGIC):
        return path
    found = unpack(path, folder, {"fd": FIRMWARE_IN_PACKAGE}, last="fd")
    if not found:
        raise WrongInput(f"{path}: has no firmware; take {architecture.ARM64.firmware_package}")
    return found["fd"]


def recognise(path):
    """The architecture of a bootable image, by its first bytes; None: no image."""
    head = _head(path)
    if head.startswith(b"\x1f\x8b"):  # arm64's Image.gz
        try:
            with gzip.open(path) as file:
                head = file.read(HEAD)
        except (OSError, EOFError):
            return None
    if head[X86_BOOT_MAGIC_AT:].startswith(X86_BOOT_MAGIC):
        return architecture.X86_64
    if head[ARM64_MAGIC_AT:].startswith(ARM64_MAGIC) or (head[:2] == b"MZ" and head[4:8] == b"zimg" and
                                                         _pe_machine(head) == ARM64_PE_MACHINE):
        return architecture.ARM64
    # 64 bits, little endian
    if head.startswith(b"\x7fELF\x02\x01") and struct.unpack_from("<H", head.ljust(20, b"\0"), 18)[0] == ELF_PPC64:
        return architecture.PPC64
    return None


def _pe_machine(head):
    at = struct.unpack_from("<I", head.ljust(0x40, b"\0"), 0x3c)[0]
    return struct.unpack_from("<H", head, at + 4)[0] if at + 6 <= len(head) else None


def _head(path):
    try:
        with open(path, "rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise WrongInput(f"{path}: {error.strerror}") from error


def unpack(package, folder, wanted, last):
    """Takes files out of a Debian package: `wanted` name -> pattern, and the paths of those found by name. What comes
    after the one named `last` is not read (None: all is)."""
    found = {}
    with open(package, "rb") as file:
        if file.read(len(AR_MAGIC)) != AR_MAGIC:
            raise WrongInput(f"{package}: not a Debian package")
        member, data = _data_member(file, package)
        try:
            plain = lzma.LZMAFile(data) if member.endswith(".xz") else data
            with tarfile.open(fileobj=plain, mode="r|*") as archive:
                for entry in archive:
                    name = next((name for name, pattern in wanted.items() if pattern.match(entry.name)), None)
                    if name is None or not entry.isfile():
                        continue
                    target = os.path.join(folder, f"{os.path.basename(package)}.{name}")
                    with open(target + ".partial", "wb") as out:
                        shutil.copyfileobj(archive.extractfile(entry), out)
                    os.replace(target + ".partial", target)
                    found[name] = target
                    if name == last:
                        break
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise WrongInput(f"{package}: cannot be unpacked: {error}") from error
    return found


def _data_member(file, package):
    while header := file.read(AR_HEADER):
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return name, io.BytesIO(file.read(size))
        file.seek(size + size % 2, os.SEEK_CUR)
    raise WrongInput(f"{package}: has no data.tar")


def build_initramfs(target, compiler="gcc", packages=architecture.X86_64.compiler_packages, more=None):
    """Compiles the guest's init and packs it; `target` is replaced only when it is complete. `packages`: Debian's, with
    the compiler and its C library; `more`: name -> path of files beside the init."""
    sources = sorted(os.path.join(GUEST_SOURCES, name) for name in os.listdir(GUEST_SOURCES) if name.endswith(".c"))
    init = target + ".init"
    try:
        built = subprocess.run([compiler, "-O2", "-static", "-s", "-Wall", "-Wextra", "-o", init, *sources],
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if built.returncode:
            raise Missing(f"{compiler} cannot build the guest's init (on Debian it needs {packages}):\n{built.stderr}")
        files = {}
        for name, path in {"init": init, **(more or {})}.items():
            with open(path, "rb") as file:
                files[name] = file.read()
        content = archive(files)
    except OSError as error:
        raise Missing(f"{compiler}: {error.strerror}; on Debian: apt-get install {packages}") from error
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
