#include <fmt/format.h>

#include "sim/core/param_text.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void provenance(record::FileContent& file, const config::Scenario& s, const RunResult&) {
  Group& g = file.group("provenance");
  const auto text = [&](auto field) {
    Texts out;
    for (const ParamValue& p : s.used) out.push_back(p.*field);
    return out;
  };
  const auto ends = [&](auto field) {
    Texts out;
    for (const ParamValue& p : s.used)
      out.push_back(p.range ? fmt::format("{}", (*p.range).*field) : "");
    return out;
  };
  Texts units, data;
  for (const ParamValue& p : s.used) {
    units.push_back(unit_text(p.unit));
    data.push_back(fmt::format("{}", fmt::join(p.data, " ")));
  }
  g.coordinate("param", count_up(s.used.size()), "1", "parameter in force, defaults included")
      .coordinate("override", count_up(s.overrides.size()), "1",
                  "setting given on the command line")
      .variable("overrides", {"override"}, s.overrides, "1", "key=value, in their order")
      .variable("name", {"param"}, text(&ParamValue::name), "1", "full path of the parameter")
      .variable("value", {"param"}, text(&ParamValue::value), "1", "value in force, in its unit")
      .variable("unit", {"param"}, units, "1", "unit of the value")
      .variable("source", {"param"}, text(&ParamValue::source), "1", "where the value comes from")
      .variable("basis", {"param"}, text(&ParamValue::basis), "1",
                "what the value rests on; empty if nobody says")
      .variable("low", {"param"}, ends(&ParamRange::low), "1",
                "least value that it may truly have, in its unit; empty without a range")
      .variable("high", {"param"}, ends(&ParamRange::high), "1", "greatest such value")
      .variable("data", {"param"}, data, "1",
                "ids of the published measurements that set it, separated by blanks")
      .variable("linux_name", {"param"}, text(&ParamValue::linux_name), "1",
                "the kernel's own name of the parameter")
      .text("resolved_config", s.resolved_text,
            "the scenario with references and overrides put in, as TOML")
      .text("source_config", s.source_text, "the scenario file as it was read");
}

}  // namespace mhp::run::content
