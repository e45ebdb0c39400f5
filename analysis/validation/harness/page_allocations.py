"""Every page allocation between two moments, aggregated in the guest's kernel by order and call stack
(tracepoint kmem:mm_page_alloc with a histogram trigger)."""

import re

EVENT = "/sys/kernel/tracing/events/kmem/mm_page_alloc"
# 6.3 renamed the key
KEYS = ("hist:keys=order,common_stacktrace:size=4096", "hist:keys=order,stacktrace:size=4096")
# callers that say nothing about what a page is for
PLUMBING = re.compile(r"^(__)?(get_free_pages|alloc_pages|folio_alloc|___slab_alloc|__slab_alloc|new_slab|"
                      r"allocate_slab|get_zeroed_page|alloc_frozen)|^(process_one_work|worker_thread|kthread|"
                      r"ret_from_fork\w*)$")
HOTPLUG = {"add_memory_resource", "memory_block_action", "memory_subsys_online", "memory_subsys_offline",
           "online_pages", "offline_pages", "remove_memory", "try_remove_memory", "acpi_memory_device_add",
           "acpi_memory_device_remove", "acpi_device_hotplug", "acpi_hotplug_work_fn", "state_store",
           # ppc64
           "dlpar_add_lmb", "dlpar_remove_lmb", "dlpar_memory", "pseries_hp_work_fn", "handle_dlpar_errorlog"}
SLAB = re.compile(r"slab|kmem_cache_alloc|kmalloc")
STACK_DEPTH = 10


def _trigger(guest, text):
    _, lines = guest.command(f"w {EVENT}/trigger {text}")
    return not any(re.match(r"@R rc=-", line) for line in lines)


def begin(guest, condition=""):
    return {"result": {"rc": 0 if any(_trigger(guest, keys + condition) for keys in KEYS) else -22}}


def end(guest, condition=""):
    """`condition`: the one that it was begun with."""
    files, _ = guest.command(f"cat {EVENT}/hist", 600)
    for keys in KEYS:
        _trigger(guest, "!" + keys + condition)
    return {"page_allocs": summary(histogram(files.get(EVENT + "/hist", "")))}


def histogram(text):
    """[{order, count, stack}], the most pages first."""
    found = []
    for match in re.finditer(r"\{ order:\s*(\d+),\s*(?:common_)?stacktrace:\s*\n(.*?)\}\s*hitcount:\s*(\d+)", text,
                             re.DOTALL):
        stack = [re.sub(r"\+0x.*", "", line.strip()) for line in match[2].strip().splitlines()]
        found.append({"order": int(match[1]), "count": int(match[3]), "stack": stack})
    return sorted(found, key=lambda entry: -(entry["count"] << entry["order"]))


def summary(entries):
    """What the hot-add allocated, by call stack; its slab and what others took, as one figure each."""
    result = {"hotplug": [], "noise_pages": 0, "noise_allocs": 0, "hotplug_pages": 0, "slab_pages": 0}
    for entry in entries:
        pages = entry["count"] << entry["order"]
        if not HOTPLUG.intersection(entry["stack"]):
            result["noise_pages"] += pages
            result["noise_allocs"] += entry["count"]
            continue
        result["hotplug_pages"] += pages
        stack = [name for name in entry["stack"] if not PLUMBING.match(name)]
        if any(SLAB.search(name) for name in entry["stack"]):
            result["slab_pages"] += pages
        else:
            result["hotplug"].append({"order": entry["order"], "count": entry["count"],
                                      "by": " < ".join(stack[:STACK_DEPTH])})
    return result
