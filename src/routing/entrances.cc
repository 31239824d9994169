#include "routing/entrances.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace gnomon::routing {
namespace {

bool same_range(const AddressRange& a, const AddressRange& b) {
  return a.bits == b.bits && a.contains(b.prefix);
}

// All ranges that rules name, and the one of all addresses; the longest first.
std::vector<AddressRange> ranges_of(const std::vector<EntranceRule>& rules) {
  std::vector<AddressRange> ranges{AddressRange{}};
  for (const EntranceRule& rule : rules) {
    for (const AddressRange& range : rule.sources) {
      const auto same = [&](const AddressRange& other) { return same_range(range, other); };
      if (std::ranges::none_of(ranges, same)) ranges.push_back(range);
    }
  }
  std::ranges::sort(ranges, std::greater(), &AddressRange::bits);
  return ranges;
}

// How closely the rule fits clients of that range; nothing where it does not.
std::optional<uint8_t> fit(const EntranceRule& rule, const AddressRange& clients) {
  if (rule.sources.empty()) return uint8_t{0};
  std::optional<uint8_t> best;
  for (const AddressRange& range : rule.sources) {
    if (range.bits > clients.bits || !range.contains(clients.prefix)) continue;
    best = std::max(best.value_or(0), range.bits);
  }
  return best;
}

class EntranceBuilder {
 public:
  EntranceBuilder(const std::vector<EntranceRule>& rules, const Entrances::OnConflict& on_conflict)
      : rules_(rules), on_conflict_(on_conflict) {}

  Entrance build(const AddressRange& clients) {
    best_.clear();
    clear_ = {};
    for (uint32_t i = 0; i < rules_.size(); ++i) offer(i, fit(rules_[i], clients));
    settle_nameless();
    Entrance out{clients, nullptr, clear_.fits ? rules_[clear_.rule].listener : std::nullopt};
    const auto speaks = [](const auto& entry) { return entry.second.context != nullptr; };
    if (std::ranges::none_of(best_, speaks)) return out;
    auto contexts = std::make_shared<tls::ServerContexts>();
    for (const auto& [name, best] : best_) {
      contexts->add(name, best.context, rules_[best.rule].listener.value_or(0));
    }
    out.tls = std::move(contexts);
    return out;
  }

 private:
  struct Best {
    std::optional<uint8_t> fits;
    uint32_t rule = 0;
    tls::ServerContextPtr context;
  };

  // A name that is taken stays so where the rule does not fit: no other serves it there.
  void offer(uint32_t index, std::optional<uint8_t> fits) {
    const EntranceRule& rule = rules_[index];
    if (!rule.tls) return improve(clear_, "", fits, index, nullptr);
    for (const auto& [name, context] : rule.names) {
      improve(best_[name], name, fits, index, rule.listener ? context : nullptr);
    }
  }

  void improve(Best& best, std::string_view name, std::optional<uint8_t> fits, uint32_t index,
               const tls::ServerContextPtr& context) {
    if (!fits || (best.fits && *best.fits > *fits)) return;
    const bool taken = best.fits == fits && rules_[best.rule].listener;
    if (taken && !rules_[index].listener) return;
    if (taken && best.rule != index) {
      if (reported_.emplace(best.rule, index, name).second) on_conflict_(best.rule, index, name);
      return;
    }
    best = {fits, index, context};
  }

  // Clear text and TLS for any name exclude each other unless they fit as closely.
  void settle_nameless() {
    const auto any = best_.find("");
    if (any == best_.end() || any->second.fits == clear_.fits) return;
    if (any->second.fits < clear_.fits) {
      any->second.context = nullptr;
    } else {
      clear_ = {};
    }
  }

  const std::vector<EntranceRule>& rules_;
  const Entrances::OnConflict& on_conflict_;
  std::map<std::string, Best, std::less<>> best_;  // by name
  Best clear_;
  std::set<std::tuple<uint32_t, uint32_t, std::string>> reported_;
};

}  // namespace

Entrances::Entrances(const std::vector<EntranceRule>& rules, const OnConflict& on_conflict) {
  EntranceBuilder builder(rules, on_conflict);
  for (const AddressRange& range : ranges_of(rules)) entrances_.push_back(builder.build(range));
}

const Entrance* Entrances::find(std::string_view ip) const noexcept {
  const auto address = address_bytes(ip);
  if (!address) return nullptr;
  const auto found = std::ranges::find_if(
      entrances_, [&](const Entrance& entrance) { return entrance.sources.contains(*address); });
  return found == entrances_.end() ? nullptr : &*found;
}

}  // namespace gnomon::routing
