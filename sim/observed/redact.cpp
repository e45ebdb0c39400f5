#include "sim/observed/redact.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace mhp::observed {

namespace {

/// Options of the kernel's command line that concern memory, by name; those that end in a dot or a
/// dash by how they begin (Documentation/admin-guide/kernel-parameters.txt, Linux 6.12).
constexpr std::array<std::string_view, 44> kKept{"memory_hotplug.",
                                                 "memhp_default_state",
                                                 "movable_node",
                                                 "movablecore",
                                                 "kernelcore",
                                                 "mem",
                                                 "memmap",
                                                 "hugepages",
                                                 "hugepagesz",
                                                 "default_hugepagesz",
                                                 "hugetlb_cma",
                                                 "hugetlb_cma_only",
                                                 "hugetlb_free_vmemmap",
                                                 "transparent_hugepage",
                                                 "transparent_hugepage_shmem",
                                                 "thp_anon",
                                                 "init_on_alloc",
                                                 "init_on_free",
                                                 "page_owner",
                                                 "page_table_check",
                                                 "page_poison",
                                                 "page_alloc.",
                                                 "page_reporting.",
                                                 "debug_pagealloc",
                                                 "debug_guardpage_minorder",
                                                 "slub_debug",
                                                 "slab_debug",
                                                 "nokaslr",
                                                 "kaslr",
                                                 "no5lvl",
                                                 "rodata",
                                                 "kfence.",
                                                 "cma",
                                                 "crashkernel",
                                                 "swiotlb",
                                                 "numa",
                                                 "numa_balancing",
                                                 "numa_memblks",
                                                 "vm_debug",
                                                 "sysctl.vm.",
                                                 "zswap.",
                                                 "nr_cpus",
                                                 "maxcpus",
                                                 "acpi_no_memhotplug"};

bool is_kept(std::string_view option) {
  const std::string_view name = option.substr(0, option.find('='));
  return std::any_of(kKept.begin(), kKept.end(), [&](std::string_view kept) {
    return kept.ends_with('.') ? name.starts_with(kept) : name == kept;
  });
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < text.size()) {
    bool quoted = false;
    std::size_t end = at;
    for (; end < text.size(); ++end) {
      const char c = text[end];
      if (c == '"') quoted = !quoted;
      if (!quoted && (c == ' ' || c == '\n' || c == '\t')) break;
    }
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// Calls f for each line, without its end.
template <class F>
void for_each_line(std::string_view text, const F& f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string redacted_version(const std::string& text) {
  const auto words = words_of(text);
  std::string out;
  for (std::size_t i = 0; i < words.size() && i < 3; ++i) {
    if (i > 0) out += ' ';
    out += words[i];
  }
  return out + "\n";
}

std::string redacted_cmdline(const std::string& text, int& left_out) {
  std::string out;
  left_out = 0;
  for (const std::string_view word : words_of(text)) {
    if (word == "--") break;  // what follows is for init
    if (!is_kept(word)) {
      ++left_out;
      continue;
    }
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out + "\n";
}

std::string redacted_swaps(const std::string& text) {
  std::string out;
  bool head = true;
  for_each_line(text, [&](std::string_view line) {
    const auto words = words_of(line);
    if (head || words.empty()) {
      out += line;
    } else {
      out += "left-out";
      for (std::size_t i = 1; i < words.size(); ++i) {
        out += '\t';
        out += words[i];
      }
    }
    out += '\n';
    head = false;
  });
  return out;
}

std::string redacted_iomem(const std::string& text) {
  std::string out;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t name = line.find(" : ");
    if (name != std::string_view::npos && line.substr(name + 3).starts_with("System RAM")) {
      out += line;
      out += '\n';
    }
  });
  return out;
}

std::string first_processor(const std::string& text) {
  const std::size_t end = text.find("\n\n");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

}  // namespace mhp::observed
