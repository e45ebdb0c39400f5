#pragma once

#include <map>

#include "sim/config/scenario.hpp"
#include "sim/engine/engine.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::run {

/// Decides when devices come that are added on demand, and when they are wanted no more. Somebody
/// looks at the machine's free memory every `check_every`, as an agent or operator would; the
/// devices of one table come one after the other.
class Triggers {
 public:
  Triggers(engine::Engine& engine, const kernel::Mm& mm) : engine_(engine), mm_(mm) {}

  /// Returns when the device `number` (from 0) of a table is wanted: at once if its table adds by
  /// time alone.
  Task<void> wanted(const config::Hotplug& table, std::int64_t number);
  /// A device of the table is in and online, or has failed: the next one may come.
  void arrived(const config::Hotplug& table) { ++tables_[table.index].arrived; }
  /// Returns when less, or more, memory is free than that, looked at every so often.
  Task<void> free_is(bool below, Bytes than, SimTime every);
  /// Returns when a device of the table may go again; those of one table go one after the other.
  Task<void> superfluous(const config::Hotplug& table);
  /// It has gone, or could not.
  void left(const config::Hotplug& table) { tables_[table.index].leaving = false; }

 private:
  Bytes free() const { return mm_.geometry().bytes_of(mm_.mem_free()); }

  engine::Engine& engine_;
  const kernel::Mm& mm_;
  struct Table {
    std::int64_t arrived = 0;
    bool leaving = false;  ///< one of its devices is on its way out
  };
  std::map<std::size_t, Table> tables_;
};

}  // namespace mhp::run
