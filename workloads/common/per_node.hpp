#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "workloads/common/figures.hpp"
#include "workloads/common/thread.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// A workload of equal parts, one on each node to run on, that keep one tally. A part is made of
/// (context, params, tally, node) and has start(); if it draws random numbers, draws() as well.
/// `Self`, the workload, may have figures of its own (figures.hpp).
template <class Self, class Part, class Params>
class PerNode : public Workload {
 public:
  PerNode(const Context& context, const Params& params) : context_(context), params_(params) {
    for (const NodeId node : nodes_to_run_on(context_))
      parts_.push_back(std::make_unique<Part>(context_, params_, tally_, node));
  }

  void start() override {
    for (auto& part : parts_) part->start();
  }
  std::vector<Figure> figures() const override {
    return figures_of(tally_, static_cast<const Self&>(*this));
  }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override {
    std::uint64_t sum = 0;
    if constexpr (requires(const Part& part) { part.draws(); })
      for (const auto& part : parts_) sum += part->draws();
    return sum;
  }

 protected:
  const Tally& tally() const { return tally_; }
  const std::vector<std::unique_ptr<Part>>& parts() const { return parts_; }
  /// The sum over all parts.
  template <class T>
  std::int64_t total(T (Part::*of)() const) const {
    T sum{};
    for (const auto& part : parts_) sum += ((*part).*of)();
    if constexpr (std::is_same_v<T, std::int64_t>)
      return sum;
    else
      return sum.value;
  }

 private:
  const Context context_;
  const Params params_;
  Tally tally_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace mhp::workloads
