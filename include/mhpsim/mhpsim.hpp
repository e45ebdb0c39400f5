#pragma once

/// mhpsim as a library: read a scenario, simulate it, look at what came out, compare placements.
/// What the words mean is said in docs/ (docs/cpp-api.md has a whole program). Values are copied
/// cheaply; nothing here is for two threads at once unless it says so. What goes wrong with what
/// is given is an Error; a broken model ends the process, as it does the program.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace mhpsim {

namespace detail {

struct ScenarioData;
struct RunData;
struct FileData;
struct Access;

// Where find_package(mhpsim) found what ships; a program that was told nothing looks beside itself.
#ifdef MHPSIM_DATA_FOLDER
inline constexpr const char* kInstalledData = MHPSIM_DATA_FOLDER;
#else
inline constexpr const char* kInstalledData = "";
#endif

std::string data_folder(const char* installed);

}  // namespace detail

/// Versions of the program ("0.1.0") and of the model: the same model gives the same figures.
std::string version();
std::string model_version();

/// The folder of what ships, with `configs` in it. $MHPSIM_DATA goes before what was installed.
inline std::string data_folder() { return detail::data_folder(detail::kInstalledData); }

/// What is wrong with input, or why a file was not written. what() has all of it, a line each.
class Error : public std::runtime_error {
 public:
  /// `line` and `column` count from 1; 0: the file as a whole, or no file.
  struct Problem {
    std::string file;
    int line = 0;
    int column = 0;
    std::string problem;
    std::string remedy;  ///< what would be right; may be empty
  };

  Error(const std::string& text, std::vector<Problem> problems)
      : std::runtime_error(text), problems_(std::move(problems)) {}
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

/// A machine, a kernel, prices, a workload and what is plugged in when: checked, and complete.
/// Settings are texts "key=value", as --set of the program takes them and `mhpsim list params`
/// lists them: "hotplug.0.size=12GiB".
class Scenario {
 public:
  /// A file, or the name of a scenario that ships: "quickstart".
  static Scenario from_file(const std::string& file,
                            const std::vector<std::string>& settings = {}) {
    return read_file(file, settings, detail::kInstalledData);
  }
  /// The text of such a file. Files that it names are looked for in `folder`; empty: where the
  /// process runs. Plain names are those of what ships.
  static Scenario from_text(const std::string& text, const std::vector<std::string>& settings = {},
                            const std::string& folder = {}) {
    return read_text(text, settings, folder, detail::kInstalledData);
  }

  /// The same with more settings. A machine that was given in sockets has nodes by now.
  Scenario with(const std::vector<std::string>& settings) const;

  std::string name() const;
  std::string doc() const;
  std::uint64_t seed() const;
  std::string placement() const;  ///< of the memmap, as it is set
  std::string toml() const;       ///< the scenario with all that it names put in

 private:
  friend struct detail::Access;
  explicit Scenario(std::shared_ptr<const detail::ScenarioData> data) : data_(std::move(data)) {}
  static Scenario read_file(const std::string& file, const std::vector<std::string>& settings,
                            const char* installed);
  static Scenario read_text(const std::string& text, const std::vector<std::string>& settings,
                            const std::string& folder, const char* installed);

  std::shared_ptr<const detail::ScenarioData> data_;
};

/// A figure of a run, as `mhpsim list metrics` lists them: times in ns, memory in bytes or pages.
struct Metric {
  std::string name;
  std::string phase;                  ///< "boot", "add", "online", "remove", "run"
  std::string unit;                   ///< "ns", "byte", "page", "1", ...
  std::string better;                 ///< "lower", "higher", "none"
  std::optional<std::int64_t> value;  ///< nothing: the run did not get there
  std::string definition;
};

/// An array of a result file: values in row-major order, the first axis slowest.
struct Variable {
  std::string name;
  std::vector<std::string> dims;   ///< names of axes, which are variables of the same group
  std::vector<std::size_t> shape;  ///< as long as dims; empty: one value
  std::string units;
  std::string long_name;
  std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>> values;
};

/// What a result file of a run holds (docs/results.md): groups of variables.
class Results {
 public:
  /// A file of `mhpsim run -o`, or of Run::write.
  static Results read(const std::string& path);

  std::vector<std::string> groups() const;
  /// Of a group, its axes first.
  std::vector<std::string> variables(const std::string& group) const;
  /// "zones/nr_free_pages"; an Error if there is none of that name.
  Variable variable(const std::string& path) const;
  /// Of the file, such as "schema"; numbers as text. Nothing if it has none of that name.
  std::optional<std::string> attribute(const std::string& name) const;

 private:
  friend class Run;
  explicit Results(std::shared_ptr<const detail::FileData> data) : data_(std::move(data)) {}
  std::shared_ptr<const detail::FileData> data_;
};

/// One simulation of a scenario.
class Run {
 public:
  struct Options {
    std::string placement = {};              ///< empty: as the scenario says
    std::optional<std::uint64_t> seed = {};  ///< nothing: the scenario's
    std::uint64_t replicate = 0;             ///< which set of random draws
  };

  const std::string& placement() const;
  /// How it ended, "ok" or for example "enomem"; why, in words.
  std::string outcome() const;
  const std::string& reason() const;
  /// 16 hex digits over everything that happened: equal runs have equal ones.
  std::string fingerprint() const;

  const std::vector<Metric>& metrics() const;
  /// The value of a metric; with a phase where several have the name. std::out_of_range if there
  /// is none such.
  std::optional<std::int64_t> metric(const std::string& name, const std::string& phase = {}) const;

  /// Everything: zones over time, memmap of every block, operations, provenance.
  Results results() const;
  /// The same as an HDF5 file, whole or not at all. One that exists is an Error unless it may be
  /// replaced.
  void write(const std::string& path, bool replace = false) const;

 private:
  friend struct detail::Access;
  explicit Run(std::shared_ptr<const detail::RunData> data) : data_(std::move(data)) {}
  std::shared_ptr<const detail::RunData> data_;
};

/// Simulates. The result depends on the scenario and the options alone, to the bit. May be called
/// by several threads at once.
Run run(const Scenario& scenario, const Run::Options& options = {});

/// The same machine, workload and random draws under several placements.
struct Comparison {
  struct Options {
    std::vector<std::string> placements = {"boot_memory", "hotplugged_range"};  ///< baseline first
    std::int64_t replicates = 1;
    unsigned threads = 1;
    std::optional<std::uint64_t> seed = {};  ///< nothing: the scenario's
  };
  struct Placement {
    std::string name;
    std::string outcome;  ///< the worst of its runs
    std::string reason;
  };
  /// A mean and the ends of its 95 % interval, which one run has not.
  struct Estimate {
    double mean = 0;
    std::optional<double> low = {};
    std::optional<double> high = {};
  };
  struct Difference {
    Estimate absolute;
    std::optional<double> relative = {};   ///< to the baseline's mean
    std::optional<bool> significant = {};  ///< nothing of one run
  };
  struct Row {
    std::string name;
    std::string phase;
    std::string unit;
    std::string better;
    std::map<std::string, std::optional<Estimate>> values;         ///< by placement
    std::map<std::string, std::optional<Difference>> differences;  ///< without the baseline
  };

  std::vector<Placement> placements;
  std::vector<Row> metrics;
};

/// Simulates and compares. The result does not depend on the number of threads.
Comparison compare(const Scenario& scenario, const Comparison::Options& options = {});

/// Names of the placements that there are. <mhpsim/placement.hpp> adds one of your own.
std::vector<std::string> placements();

/// Adds those of a shared library (docs/adding.md), before the first scenario is read. The program
/// that calls this exports its symbols (CMake: ENABLE_EXPORTS).
void load_placements(const std::string& path);

}  // namespace mhpsim
