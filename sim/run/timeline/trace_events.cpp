#include "sim/run/timeline/trace_events.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace mhp::run {

namespace {

/// Microseconds, with nanoseconds as fraction.
std::string micros(SimTime t) {
  const bool negative = t.value < 0;
  const auto ns =
      negative ? 0 - static_cast<std::uint64_t>(t.value) : static_cast<std::uint64_t>(t.value);
  return fmt::format("{}{}.{:03}", negative ? "-" : "", ns / 1000, ns % 1000);
}

void put_args(std::string& out, const TraceArgs& args) {
  out += R"(,"args":{)";
  const char* separator = "";
  for (const auto& [name, value] : args) {
    fmt::format_to(std::back_inserter(out), "{}{}:{}", separator, json_text(name), value);
    separator = ",";
  }
  out += "}}";
}

}  // namespace

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void TraceEvents::process(std::int64_t pid, std::string_view name, std::string_view label) {
  const auto put = [&](std::string_view what, std::string_view key, const std::string& value) {
    fmt::format_to(std::back_inserter(events_), R"(,{}{{"ph":"M","pid":{},"name":"{}")", "\n", pid,
                   what);
    put_args(events_, {{key, value}});
  };
  put("process_name", "name", json_text(name));
  put("process_sort_index", "sort_index", fmt::to_string(pid));
  if (!label.empty()) put("process_labels", "labels", json_text(label));
}

void TraceEvents::thread(std::int64_t pid, std::int64_t tid, std::string_view name) {
  const auto put = [&](std::string_view what, std::string_view key, const std::string& value) {
    fmt::format_to(std::back_inserter(events_), R"(,{}{{"ph":"M","pid":{},"tid":{},"name":"{}")",
                   "\n", pid, tid, what);
    put_args(events_, {{key, value}});
  };
  put("thread_name", "name", json_text(name));
  put("thread_sort_index", "sort_index", fmt::to_string(tid));
}

void TraceEvents::complete(std::int64_t pid, std::int64_t tid, std::string_view name,
                           std::string_view category, SimTime begin, SimTime end,
                           const TraceArgs& args) {
  fmt::format_to(std::back_inserter(events_),
                 R"(,{}{{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"cat":{})", "\n",
                 pid, tid, micros(begin), micros(end - begin), json_text(name),
                 json_text(category));
  put_args(events_, args);
}

void TraceEvents::instant(std::int64_t pid, std::int64_t tid, std::string_view name, SimTime at,
                          const TraceArgs& args) {
  fmt::format_to(std::back_inserter(events_),
                 R"(,{}{{"ph":"i","pid":{},"tid":{},"ts":{},"s":"{}","name":{})", "\n", pid, tid,
                 micros(at), tid == pid ? "p" : "t", json_text(name));
  put_args(events_, args);
}

void TraceEvents::counter(std::int64_t pid, std::string_view name, SimTime at,
                          const TraceArgs& values) {
  fmt::format_to(std::back_inserter(events_), R"(,{}{{"ph":"C","pid":{},"ts":{},"name":{})", "\n",
                 pid, micros(at), json_text(name));
  put_args(events_, values);
}

std::string TraceEvents::text(const std::string& about) const {
  const std::string_view events = events_.empty() ? events_ : std::string_view(events_).substr(1);
  return fmt::format("{{\"displayTimeUnit\":\"ns\",\n\"otherData\":{},\n\"traceEvents\":[{}\n]}}\n",
                     about, events);
}

}  // namespace mhp::run
