#include "cli/kind_words.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace gnomon::cli {
namespace {

struct Word {
  std::string_view word;
  std::string_view kind;
};

constexpr std::array<Word, 17> kWords{{
    {"vs", "VirtualService"},
    {"gvs", "VirtualService"},
    {"virtualservice", "VirtualService"},
    {"virtualservices", "VirtualService"},
    {"virtual-services", "VirtualService"},
    {"us", "Upstream"},
    {"u", "Upstream"},
    {"upstream", "Upstream"},
    {"upstreams", "Upstream"},
    {"rt", "RouteTable"},
    {"routetable", "RouteTable"},
    {"routetables", "RouteTable"},
    {"route-tables", "RouteTable"},
    {"ug", "UpstreamGroup"},
    {"upstreamgroup", "UpstreamGroup"},
    {"upstreamgroups", "UpstreamGroup"},
    {"upstream-groups", "UpstreamGroup"},
}};

}  // namespace

std::string kind_of_word(const std::string& word) {
  const auto found = std::ranges::find(kWords, word, &Word::word);
  return found == kWords.end() ? std::string() : std::string(found->kind);
}

}  // namespace gnomon::cli
