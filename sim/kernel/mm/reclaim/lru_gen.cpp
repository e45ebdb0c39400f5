#include "sim/kernel/mm/reclaim/lru_gen.hpp"

#include "sim/kernel/config.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

std::optional<bool> lru_gen_enabled(const KernelConfig& config, const KernelProfile& profile) {
  const LruGenRule built = profile.lru_gen;
  if (config.lru_gen == LruGenSetting::as_built) return built == LruGenRule::on;
  if (config.lru_gen == LruGenSetting::off) return false;
  if (built == LruGenRule::absent) return std::nullopt;
  return true;
}

GenControl::Position GenControl::read(GenType type, int tier, std::int64_t gain) const {
  const Tier& t = tiers_[at(type)][static_cast<std::size_t>(tier)];
  return {t.avg_refaulted + t.refaulted, t.avg_total + t.evicted + t.spared, gain};
}

// positive_ctrl_err: few refaults, or no larger a share of what went than that of the set point,
// each weighed by the gain of the other.
bool GenControl::refaults_no_more(const Position& sp, const Position& pv) {
  return pv.refaulted < kMinLruBatch || pv.refaulted * (sp.total + kMinLruBatch) * sp.gain <=
                                            (sp.refaulted + 1) * pv.total * pv.gain;
}

void GenControl::reset(GenType type) {
  for (Tier& t : tiers_[at(type)]) {
    t.avg_refaulted = (t.avg_refaulted + t.refaulted) / 2;
    t.avg_total = (t.avg_total + t.evicted + t.spared) / 2;
    t.refaulted = t.evicted = t.spared = 0;
  }
}

// get_type_to_scan: the first tiers against each other, then the others of the type that is chosen
// against the first of the other.
GenControl::Choice GenControl::type_to_scan(std::int64_t swappiness) const {
  const std::array<std::int64_t, 2> gain{swappiness, 200 - swappiness};
  const Position anon = read(GenType::anon, 0, gain[at(GenType::anon)]);
  const Position file = read(GenType::file, 0, gain[at(GenType::file)]);
  Choice choice;
  choice.type = refaults_no_more(anon, file) ? GenType::file : GenType::anon;
  const Position& set_point = choice.type == GenType::file ? anon : file;
  int tier = 1;
  while (tier < kMaxNrTiers &&
         refaults_no_more(set_point, read(choice.type, tier, gain[at(choice.type)])))
    ++tier;
  choice.tier = tier - 1;
  return choice;
}

// A tier is spared once it refaults twice as much as the first one.
int GenControl::tier_of(GenType type) const {
  const Position set_point = read(type, 0, 1);
  int tier = 1;
  while (tier < kMaxNrTiers && refaults_no_more(set_point, read(type, tier, 2))) ++tier;
  return tier - 1;
}

}  // namespace mhp::kernel
