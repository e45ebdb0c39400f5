#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/core/choice.hpp"
#include "sim/core/figure.hpp"
#include "sim/core/types.hpp"

namespace mhp {

/// An enumerator that a parameter's word stands for: its number, which is that of its choice.
struct Chosen {
  std::size_t number = 0;
  std::string word;
};

/// The value of one parameter, in the type that the model uses.
using ParamData = std::variant<std::string, bool, std::int64_t, Bytes, PageCount, SimTime,
                               Picoseconds, BytesPerSecond, NodeId, std::vector<std::int64_t>,
                               std::vector<std::string>, Chosen>;

/// Between which values a constant may truly lie, in the unit of its type; both included.
struct ParamRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// One declared parameter. Bounds are in the unit of the type and hold for each element of a list.
struct ParamSpec {
  std::string name;
  std::string doc;
  std::string linux_name;
  std::string source;
  bool required = false;
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  std::vector<Choice> choices;
  std::string basis;                ///< what the default rests on, one of param_bases()
  std::optional<ParamRange> range;  ///< where the default may truly lie
  std::vector<std::string> data;    ///< ids of the published data that set the default
  ParamData preset;                 ///< the default; its alternative is the parameter's type
  std::string word = {};            ///< of an amount: may be written instead of one; empty: none
  std::int64_t word_means = 0;      ///< the amount it stands for, which may be out of bounds
};

/// A parameter as a run used it: a row of /provenance/params in the result file.
struct ParamValue {
  std::string name;        ///< full dotted path
  std::string value;       ///< numbers as integers in `unit`, lists separated by commas
  Unit unit = Unit::one;   ///< of what is no amount, too
  std::string source;      ///< where the number comes from; empty if the file does not say
  std::string linux_name;  ///< the kernel's own name; empty if it has none
  bool is_default = false;
  std::string basis = {};                   ///< one of param_bases(); empty if nobody says
  std::optional<ParamRange> range = {};     ///< in `unit`; nothing if the file gives none
  std::optional<std::int64_t> number = {};  ///< `value` as a number; nothing if it is none
  std::vector<std::string> data = {};       ///< ids of the published data that set it
};

/// A parameter as `mhpsim list params` and the reference show it.
struct ParamInfo {
  std::string path;
  std::string type;  ///< how it is written: "size", "time", "integer", "list of strings", ...
  std::string default_text;
  bool required = false;
  std::string range;  ///< "4 KiB .. 2 GiB", ">= 1", or empty
  std::vector<Choice> choices;
  std::string doc;
  std::string linux_name;
  std::string source;
  std::string basis;
  std::string uncertainty;  ///< where the default may truly lie: "5 ms .. 30 ms", or empty
};

}  // namespace mhp
