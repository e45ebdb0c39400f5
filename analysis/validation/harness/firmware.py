"""A trap of old firmware: edk2 of Debian 12 (2022.11) tells an arm64 guest of its flash at 64 MiB as memory. The affinity
table (SRAT) does not cover it, and the kernel then drops all of the table: one node, whatever the machine has."""

import re

from errors import Missing

VERSION = re.compile(r"UEFI firmware \(version ([^ )]+)")
NODES_DROPPED = re.compile(r"NUMA: Faking a node|NUMA: no nodes coverage")


def version(console):
    """As the firmware says on its console; empty if it does not."""
    match = VERSION.search(console)
    return match[1] if match else ""


def check(console, scenario, say):
    """Missing if the kernel has dropped the nodes of a machine that has several; without nodes it is told."""
    if not NODES_DROPPED.search(console):
        return
    said = f"the firmware {version(console)}".strip()
    if len(scenario.nodes) > 1:
        raise Missing(f"{said} describes its flash as memory, so the kernel drops its nodes; give a newer one with "
                      "--firmware (qemu-efi-aarch64 of Debian 13, 2025.02; --fetch takes the newest)")
    say(f"{said} describes its flash as memory: memory block 0 is there, and reserved")
