"""What is known of a kernel before it boots: its configuration, and the size of struct page by its own type table."""

import gzip
import mmap
import re
import struct

from errors import WrongInput

OPTION = re.compile(r"^CONFIG_(\w+)=(.*)$", re.MULTILINE)
# what page counts hang on
KEPT = re.compile(
    r"(ARM64|PPC)_\d+K_PAGES|(ARM64_|PPC_)?PAGE_SHIFT|PGTABLE_LEVELS|ARM64_[VP]A_BITS|ARCH_FORCE_MAX_ORDER|"
    r"SPARSEMEM\w*|MHP_\w+|MEMORY_HOT\w+|ACPI_HOTPLUG_MEMORY|DEFERRED_STRUCT_PAGE_INIT|HUGETLB_PAGE_OPT\w+|"
    r"HUGETLB_PAGE_SIZE_VARIABLE|PAGE_EXTENSION|PAGE_OWNER|SHUFFLE_PAGE_ALLOCATOR|DEBUG_VM|HZ|NODES_SHIFT|NR_CPUS|"
    r"ZONE_\w+|RODATA_FULL_DEFAULT_ENABLED|KFENCE|CMA_SIZE_MBYTES|PPC_RADIX_MMU|INIT_ON_ALLOC_DEFAULT_ON|"
    r"TRANSPARENT_HUGEPAGE|MEMCG")

# BTF (Documentation/bpf/btf.rst): a header of 24 bytes, then types, then strings
BTF_HEADER = struct.Struct("<HBBIIIII")
BTF_MAGIC = b"\x9f\xeb\x01\x00" + struct.pack("<I", BTF_HEADER.size)
SMALLEST_TABLE = 1 << 20  # bytes: a kernel's, not that of a program built into it
STRUCT = 4
# bytes that follow a type of a kind: always, and for each of its members
FIXED = {1: 4, 3: 12, 14: 4, 17: 4}
EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}


def facts(kernel):
    """The `facts` of a capture, as far as they can be known."""
    found = {}
    if kernel.config:
        found["config"] = {name: value for name, value in OPTION.findall(kernel.config) if KEPT.fullmatch(name)}
    size = struct_bytes(kernel.path, b"page")
    if size:
        found["struct_page_bytes"] = size
    return found


def check(kernel, stand_in=False):
    """WrongInput if the kernel cannot do what is to be recorded. Without a configuration at hand nobody can say.
    `stand_in`: a module takes the place of the ACPI memory driver."""
    if not kernel.config:
        return
    has = dict(OPTION.findall(kernel.config))
    for name in kernel.architecture.needs:
        if has.get(name) != "y" and not (stand_in and name == "ACPI_HOTPLUG_MEMORY"):
            flavour = kernel.architecture.flavours[4096][0]
            raise WrongInput(f"{kernel.source or kernel.path}: the kernel is built without CONFIG_{name} and would ignore every DIMM; "
                             f"of Debian's take linux-image-VERSION-{flavour}, or add memory with --stand-in")


def struct_bytes(path, name):
    """The size of a struct by the type table (BTF) in an image; None where there is none, or it is compressed otherwise
    than with gzip."""
    with open(path, "rb") as file:
        image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if image[:2] == b"MZ" and image[4:8] == b"zimg":  # a compressed image behind a loader for EFI
            start, size = struct.unpack_from("<II", image, 8)
            packed = image[start:start + size]
            image = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else b""
        elif image[:2] == b"\x1f\x8b":
            image = gzip.decompress(image)
        at = -1
        while (at := image.find(BTF_MAGIC, at + 1)) >= 0:
            *_, types, types_length, strings, strings_length = BTF_HEADER.unpack_from(image, at)
            if types == 0 and strings == types_length and types_length >= SMALLEST_TABLE:
                begin = at + BTF_HEADER.size
                return _size_in(image, begin, begin + types_length, name)
    return None


def _size_in(image, at, strings, name):
    """`at`: where the types begin; `strings`: where they end and the strings begin."""
    first = strings
    while at < strings:
        name_at, info, size = struct.unpack_from("<III", image, at)
        kind, members = info >> 24 & 31, info & 0xffff
        if kind == STRUCT and members and image[first + name_at:first + name_at + len(name) + 1] == name + b"\0":
            return size
        at += 12 + FIXED.get(kind, EACH.get(kind, 0) * members)
    return None
