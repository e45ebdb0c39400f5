#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "workloads/trace/gfp_flags.hpp"

namespace mhp::workloads {

/// What a recording holds beside the events that are replayed, and what it lacks.
struct TraceNotes {
  std::int64_t allocations = 0;  ///< of mm_page_alloc that got pages
  std::int64_t failed = 0;       ///< of mm_page_alloc that got none
  std::int64_t frees = 0;        ///< of mm_page_free, or mm_page_free_direct before 3.3

  /// Events of pages that neither allocate nor free, by name: mm_page_free_batched comes beside
  /// mm_page_free, mm_page_pcpu_drain moves what is free already.
  std::map<std::string, std::int64_t> passed_over;
  std::int64_t mentions = 0;  ///< lines that name an event of pages and are none (call chains)

  std::int64_t lost = 0;         ///< events that the recorder says it lost
  std::int64_t losses = 0;       ///< places where it says that it lost events, and not how many
  std::int64_t overwritten = 0;  ///< events that the buffer no longer held when it was read

  bool unterminated = false;  ///< the last line has no end
  bool cut_short = false;     ///< and is no event as far as it goes: left out

  std::int64_t numeric_flags = 0;  ///< allocations whose flags were a number
  /// Of them, those whose number asks for something else under other kernels; and which, of one.
  std::int64_t ambiguous_flags = 0;
  std::string ambiguous_under;
  std::string kernel_source;  ///< who said of which kernel the recording is; empty: nobody
  const GfpLayout* layout = nullptr;

  void count(bool alloc, bool got) { ++(alloc ? got ? allocations : failed : frees); }
  std::int64_t passed_over_in_all() const {
    std::int64_t n = 0;
    for (const auto& [name, count] : passed_over) n += count;
    return n;
  }
};

}  // namespace mhp::workloads
