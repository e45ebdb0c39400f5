#!/usr/bin/env python3
"""The kernel's files as a capture has them."""

import unittest

import kernel_files
import page_allocations
import sequences

ZONEINFO = """Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 3
      nr_zero 0
  pages free     2816
        boost    7
        min      61
        low      76
        high     91
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 1935, 1935)
      nr_free_pages 2816
      numa_foreign 0
  pagesets
    cpu: 0
              count:    5
              high:     4
              batch:    1
    cpu: 1
              count:    6
              high:     4
              batch:    1
  node_unreclaimable:  0
  start_pfn:           1
Node 1, zone   Normal
  pages free     0
        min      0
"""


class KernelFiles(unittest.TestCase):
    def test_zoneinfo(self):
        zones, nodes = kernel_files.zoneinfo(ZONEINFO)
        self.assertEqual(zones[0], {"node": 0, "zone": "DMA", "pcp": 11, "stat": {"nr_free_pages": 2816}, "free": 2816,
                                    "boost": 7, "min": 61, "low": 76, "high": 91, "spanned": 4095, "present": 3998,
                                    "managed": 3840, "cma": 0, "protection": [0, 1935, 1935], "pcp_high": 4,
                                    "pcp_batch": 1, "node_unreclaimable": 0, "start_pfn": 1})
        self.assertEqual((zones[1]["node"], zones[1]["free"], zones[1]["pcp"]), (1, 0, 0))
        self.assertEqual(nodes, {"0": {"nr_inactive_anon": 3}})

    def test_lists(self):
        self.assertEqual(kernel_files.buddyinfo("Node 1, zone  Movable   1 0  31\n"),
                         [{"node": 1, "zone": "Movable", "nr_free": [1, 0, 31]}])
        text = ("Page block order: 9\nFree pages count per migrate type at order 0 1\n"
                "Node    0, zone  Normal, type    Unmovable  >100000 1\n\n"
                "Number of blocks type     Unmovable      Movable  CMA\nNode 0, zone   Normal   2   1022   0\n")
        self.assertEqual(kernel_files.pagetypeinfo(text), {"pageblock_order": 9, "blocks": [
            {"node": 0, "zone": "Normal", "Unmovable": 2, "Movable": 1022, "CMA": 0}]})
        self.assertEqual(kernel_files.iomem("00001000-0009fbff : System RAM\n  01000000-01ffffff : Kernel code\n"
                                            "100000000-11fffffff : System RAM (x)\n"),
                         [{"start": "00001000", "end": "0009fbff", "what": "System RAM"},
                          {"start": "100000000", "end": "11fffffff", "what": "System RAM (x)"}])

    def test_snapshot_has_what_the_reader_needs(self):
        files = {"/proc/zoneinfo": ZONEINFO, "/proc/meminfo": "MemTotal:  100 kB\nActive(anon): 3 kB\nHugePages_Total: 2\n",
                 "/proc/vmstat": "nr_free_pages 0\npgfault 5\nnr_anon 3\nnr_nothing 0\n",
                 "/proc/sys/vm/min_free_kbytes": "4096\n", "/proc/sys/vm/lowmem_reserve_ratio": "256\t32\n",
                 "/sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:  50 kB\nNode 1 MemFree: 0 kB\n",
                 "/sys/devices/system/node/node1/distance": "20 10\n",
                 "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages": "7\n",
                 "/sys/module/memory_hotplug/parameters/online_policy": "contig-zones\n"}
        taken = kernel_files.snapshot(files, ["@B 0-7 online|none|node0", "@R mono_ns=12"])
        self.assertEqual(taken["meminfo_kB"], {"MemTotal": 100, "HugePages_Total": 2})
        self.assertEqual(taken["vmstat"], {"nr_free_pages": 0, "nr_anon": 3})
        self.assertEqual((taken["min_free_kbytes"], taken["lowmem_reserve_ratio"]), (4096, [256, 32]))
        self.assertEqual(taken["nodes"], {"1": {"meminfo_kB": {"MemTotal": 50}, "distance": [20, 10],
                                                "hugepages-2048kB": 7}})
        self.assertEqual((taken["memory_blocks"], taken["mono_ns"]), (["0-7 online|none|node0"], 12))
        self.assertEqual(taken["memory_hotplug_params"], {"online_policy": "contig-zones"})

    def test_page_allocations(self):
        text = ("{ order:          9, common_stacktrace:\n         __alloc_pages+0x1/0x2\n"
                "         vmemmap_alloc_block+0x3/0x4\n         add_memory_resource+0x5/0x6\n} hitcount:          4\n"
                "{ order:          0, stacktrace:\n         new_slab+0x1/0x2\n         add_memory_resource+0x1/0x2\n"
                "} hitcount:  3\n{ order: 1, stacktrace:\n  do_fork+0x1/0x2\n} hitcount: 2\n")
        found = page_allocations.summary(page_allocations.histogram(text))
        self.assertEqual(found["hotplug"], [{"order": 9, "count": 4, "by": "vmemmap_alloc_block < add_memory_resource"}])
        self.assertEqual((found["slab_pages"], found["hotplug_pages"]), (3, 2051))
        self.assertEqual((found["noise_pages"], found["noise_allocs"]), (4, 2))


    def test_snapshot_of_a_sequence_leaves_node_0_and_empty_zones_out(self):
        zoneinfo = ZONEINFO + ("Node 1, zone  Movable\n  pages free     7\n        min      32\n        high     96\n        present  32768\n"
                               "    cpu: 0\n       count:    113\n       high:     1177\n       batch:    7\n"
                               "       high_min: 28\n       high_max: 4096\n  start_pfn:           1048576\n")
        types = ("Node    1, zone  Movable, type      Movable  >100000 3\nNode    1, zone  Movable, type    Unmovable 0 0\n"
                 "Node    0, zone      DMA, type      Movable  1 1\n")
        taken = sequences.snapshot({"/proc/zoneinfo": zoneinfo, "/proc/pagetypeinfo": types,
                                    "/proc/buddyinfo": "Node 0, zone DMA 1\nNode 1, zone Movable 4\n",
                                    "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages": "3\n"})
        self.assertEqual(taken, {
            "zones": [{"node": 1, "zone": "Movable", "free": 7, "min": 32, "high": 96, "present": 32768, "start_pfn": 1048576, "pcp": 113,
                       "cpus": [{"cpu": 0, "count": 113, "high": 1177, "batch": 7, "high_min": 28, "high_max": 4096}]}],
            "buddy": [{"node": 1, "zone": "Movable", "nr_free": [4]}],
            "pagetype": {"blocks": [], "free": [{"node": 1, "zone": "Movable", "type": "Movable",
                                                 "nr_free": [">100000", 3]}]},
            "huge2M": {"node1.free_hugepages": 3}})


if __name__ == "__main__":
    unittest.main()
