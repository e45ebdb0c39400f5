#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sim/config/scenario.hpp"

namespace mhp::cli {

/// What a machine has said of itself and what is assumed of it, in lines; empty of machines that a
/// file describes.
std::string origin_text(const std::optional<config::MachineOrigin>& origin);
/// The same as an object; null of those.
nlohmann::ordered_json origin_json(const std::optional<config::MachineOrigin>& origin);

}  // namespace mhp::cli
