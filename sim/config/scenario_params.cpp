#include "sim/config/scenario_params.hpp"

#include "sim/kernel/adder/adder.hpp"

namespace mhp::config {

ParamSet<RunParams> run_params() {
  using P = RunParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the scenario is called in reports", .required = true})
      .add("doc", &P::doc, {.doc = "the question that the scenario asks"})
      .add("seed", &P::seed, {.doc = "seed of all random draws", .min = 0})
      .add("settle", &P::settle,
           {.doc = "simulated time that the run goes on after the last block is online",
            .min = SimTime{0}})
      .add("until", &P::until,
           {.doc = "when the run ends, whatever its devices do; 0: `settle` after the last of them",
            .min = SimTime{0}})
      .subtable("machine")
      .subtable("kernel")
      .subtable("costs")
      .subtable("hotplug")
      .subtable("udev")
      .subtable("workload");
  return set;
}

ParamSet<UdevParams> udev_params() {
  using P = UdevParams;
  ParamSet<P> set;
  set.add("children_max", &P::children_max,
          {.doc = "events that systemd-udevd handles at once; 0: as it chooses by itself",
           .linux_name = "udev.conf: children_max",
           .min = 0,
           .max = 2048,
           .basis = "choice"})
      .add("event_latency", &P::event_latency,
           {.doc = "from a block's event until the worker writes to its state file",
            .source = "a worker is forked or woken and applies the rules",
            .min = SimTime{0},
            .basis = "assumed",
            .low = SimTime{500'000},
            .high = SimTime{20'000'000}});
  return set;
}

ParamSet<HotplugParams> hotplug_params() {
  using P = HotplugParams;
  ParamSet<P> set;
  set.add("node", &P::node, {.doc = "node that the memory belongs to"})
      .add("size", &P::size,
           {.doc = "size of one device; 0: growth_factor says it", .min = Bytes{0}})
      .add("growth_factor", &P::growth_factor,
           {.doc = "size of one device as a multiple of all boot memory of the machine, in place "
                   "of 'size'; 0: 'size' says it",
            .min = 0,
            .max = 4096})
      .add("count", &P::count, {.doc = "number of devices of this table", .min = 1, .max = 100'000})
      .add("at", &P::at,
           {.doc = "when the first device is inserted", .min = SimTime{0}, .basis = "choice"})
      .add("every", &P::every,
           {.doc = "time from the insertion of one device to that of the next",
            .min = SimTime{0},
            .basis = "choice"})
      .add("when", &P::when, {.doc = "what brings a device in, once its time has come"})
      .add("free_below", &P::free_below,
           {.doc = "free memory below which a device is added on demand", .min = Bytes{0}})
      .add("check_every", &P::check_every,
           {.doc = "how often somebody looks at the free memory", .min = SimTime{1'000}})
      .add("adder", &P::adder,
           {.doc = "the driver that adds the memory", .choices = kernel::adders().choices()})
      .add("online", &P::online,
           {.doc = "how the memory blocks go online", .linux_name = "memhp_default_state"})
      .add("online_by", &P::online_by, {.doc = "who brings the blocks online"})
      .add("online_latency", &P::online_latency,
           {.doc =
                "time that the process (sysfs) takes for each block before it writes to its state "
                "file",
            .min = SimTime{0},
            .basis = "choice"})
      .add("online_delay", &P::online_delay,
           {.doc = "time from a device's first block to be there until an operator begins to "
                   "bring them online (online_by sysfs)",
            .min = SimTime{0}})
      .add("unplug", &P::unplug, {.doc = "the devices are taken away again"})
      .add("unplug_after", &P::unplug_after,
           {.doc = "time from a device's last block online to its unplug",
            .min = SimTime{0},
            .basis = "choice"})
      .add("unplug_when", &P::unplug_when, {.doc = "what lets a device go, once that time is over"})
      .add("free_above", &P::free_above,
           {.doc = "free memory above which a device that came on demand goes again",
            .min = Bytes{0}})
      .add("cpu_node", &P::cpu_node,
           {.doc = "node of the processor that adds and onlines the memory"})
      .subtable("device");
  return set;
}

}  // namespace mhp::config
