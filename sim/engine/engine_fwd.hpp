#pragma once

namespace mhp::engine {

class TournamentTree;
template <class Queue>
class BasicEngine;

/// The engine that models are written against.
using Engine = BasicEngine<TournamentTree>;

}  // namespace mhp::engine
