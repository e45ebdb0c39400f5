#pragma once

#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"

// The texts in which a machine says something of itself, a reader and a file each. A reader adds
// what its text says to `into`, and a line to `into.found`; `at` is where the text begins: of a
// file that holds several, the line of its first. A text that is not of its kind, or in which a
// number cannot be what it is said to be, is refused with the place; lines that a reader does not
// know are passed over, since kernels add some with every release. Quoting of mails, indentation,
// CRLF and a missing end are no obstacles. After a failure `into` is unspecified.

namespace mhp::observed {

/// /proc/zoneinfo of Linux 3.10 and later: zones with watermarks, sizes, reserves, per-CPU lists
/// and counters; per-node counters (since 4.8).
Result<void> read_zoneinfo(std::string_view text, const Location& at, Observed& into);

/// /proc/buddyinfo: free blocks of each zone by order.
Result<void> read_buddyinfo(std::string_view text, const Location& at, Observed& into);

/// /proc/pagetypeinfo: free blocks by migrate type and order, pageblocks by type.
Result<void> read_pagetypeinfo(std::string_view text, const Location& at, Observed& into);

/// /proc/meminfo: counters in kB.
Result<void> read_meminfo(std::string_view text, const Location& at, Observed& into);

/// /proc/vmstat: counters.
Result<void> read_vmstat(std::string_view text, const Location& at, Observed& into);

/// /proc/iomem: System RAM.
Result<void> read_iomem(std::string_view text, const Location& at, Observed& into);

/// /proc/cmdline: boot options.
Result<void> read_cmdline(std::string_view text, const Location& at, Observed& into);

/// /proc/version, and what `uname -a` prints: release of the kernel.
Result<void> read_version(std::string_view text, const Location& at, Observed& into);

/// /proc/swaps.
Result<void> read_swaps(std::string_view text, const Location& at, Observed& into);

/// /proc/cpuinfo of x86-64, arm64 and ppc64.
Result<void> read_cpuinfo(std::string_view text, const Location& at, Observed& into);

/// `numactl -H` (--hardware): nodes with CPUs, sizes in MiB and distances.
Result<void> read_numactl(std::string_view text, const Location& at, Observed& into);

/// `lscpu`, as a table or with -J: processors, and the CPUs of each node.
Result<void> read_lscpu(std::string_view text, const Location& at, Observed& into);

/// `lsmem`, as a table (with -o +NODE,ZONES what that adds) or with -J: memory blocks and their
/// size.
Result<void> read_lsmem(std::string_view text, const Location& at, Observed& into);

/// A topology of hwloc as `lstopo --of xml` writes it.
Result<void> read_hwloc_xml(std::string_view text, const Location& at, Observed& into);

/// A synthetic description of hwloc: "Package:2 [NUMANode(memory=64GB)] Core:8 PU:2".
Result<void> read_hwloc_synthetic(std::string_view text, const Location& at, Observed& into);

/// ACPI tables SRAT, SLIT or HMAT as /sys/firmware/acpi/tables has them: the bytes. Nodes are
/// numbered as Linux does, by the first entry of SRAT that names a proximity domain, so read SRAT
/// before the others.
Result<void> read_acpi_table(std::string_view table, const Location& at, Observed& into);

/// The same tables as acpidump, `iasl -d` or `xxd` write them: lines of an offset and bytes in
/// hexadecimal.
Result<void> read_acpi_dump(std::string_view text, const Location& at, Observed& into);

/// The last report of a kernel log that has a Mem-Info dump (of the OOM killer, of a page
/// allocation failure, of SysRq m): zones, free blocks, counters. What failed: mem_info.hpp.
Result<void> read_mem_info(std::string_view text, const Location& at, Observed& into);

}  // namespace mhp::observed
