// Recordings of page events: text of ftrace, trace-cmd and perf script, and CSV.
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"
#include "workloads/trace/reader.hpp"
#include "workloads/trace/survey.hpp"

namespace mhp::fuzz {

namespace traces_target {
namespace {

void read(const std::string& text) {
  const std::string path = as_file(text);
  const Diagnostics errors = workloads::check_trace(path, {path, 0, 0});
  const auto survey = workloads::survey_trace(path, {});
  if (!errors.empty()) check(errors);
  if (checked(survey)) workloads::survey_text(*survey);
  checked(workloads::survey_trace(path, workloads::KernelVersion{4, 19}));
}

std::vector<std::string> recordings() {
  const std::string ftrace = files_at("configs/traces", ".txt", std::size_t{1} << 24).front();
  return {
      ftrace.substr(0, 8000),
      "# tracer: nop\n  a-1 [000] ..... 1.000000: mm_page_alloc: page=0x0 pfn=0x1000 order=0 "
      "migratetype=0 gfp_flags=GFP_KERNEL\n  a-1 [000] ..... 1.000001: mm_page_free: page=0x0 "
      "pfn=0x1000 order=0\nCPU:0 [LOST 3 EVENTS]\n",
      "version = 6\ncpus=4\n       sh-312   [001]    77.123456: kmem:mm_page_alloc:    page=0xea00 "
      "pfn=4096 order=3 migratetype=1 gfp_flags=0x14200ca\n",
      "sh   312 [001]    77.123456789: kmem:mm_page_alloc: page=0xffffea0000040000 pfn=0x1000 "
      "order=9 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP\n        ffffffff811b "
      "__alloc_pages\n\n",
      std::string(workloads::kTraceColumns) +
          "\n0,alloc,4096,0,1,GFP_KERNEL\n5,free,4096,0,,\n9,alloc,0,9,1,GFP_TRANSHUGE\n"};
}

}  // namespace
}  // namespace traces_target

void register_fuzz_target_traces(TargetRegistry& registry) {
  registry.add({"traces", "recordings of page events as text and CSV", traces_target::recordings,
                traces_target::read, 2000});
}

}  // namespace mhp::fuzz
