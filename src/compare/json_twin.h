// The document beside which a JSON text is read: what is written alike in both need not be read
// twice. Two answers to one request are alike but for a few values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

class JsonTwin {
 public:
  static constexpr NodeId kNone = UINT32_MAX;

  // Nodes of the other document that the next ones may be like.
  struct Siblings {
    NodeId at = 0;
    NodeId end = 0;
    NodeId before = kNone;  // the last that was not repeated
  };

  // `starts` are where the tokens of `text` begin, and its size. Without `like` nothing is
  // repeated.
  JsonTwin(std::string_view text, std::span<const uint32_t> starts, const Document* like,
           bool has_escapes) noexcept
      : text_(text),
        starts_(starts),
        like_(like),
        like_text_(like == nullptr ? std::string_view() : like->source()),
        has_escapes_(has_escapes) {}

  NodeId root() const noexcept { return like_ == nullptr ? kNone : 0; }
  Siblings members_of(NodeId twin) const noexcept { return below(twin, NodeKind::object); }
  Siblings elements_of(NodeId twin) const noexcept { return below(twin, NodeKind::array); }

  // Adds the members, or elements, from token `at` on that are written as their twins are, as far
  // as they are; `at` is then behind them. False if there are none.
  bool repeat_members(Siblings& twins, size_t& at, DocumentBuilder& builder) {
    constexpr size_t kNameAndColon = 2;
    return twins.at < twins.end &&
           repeat(twins, (*like_)[twins.at].name_data - 1, kNameAndColon, at, builder);
  }
  bool repeat_elements(Siblings& twins, size_t& at, DocumentBuilder& builder) {
    return twins.end != 0 && repeat_some(twins, at, builder);
  }

  // The twin of a member or element that is read by itself. A member may be missing from one side.
  NodeId named(Siblings& twins, std::string_view name) const noexcept {
    NodeId id = twins.at;
    for (int tries = 0; tries < 2 && id < twins.end; ++tries, id = (*like_)[id].next) {
      if ((*like_)[id].name() != name) continue;
      twins.at = (*like_)[id].next;
      return id;
    }
    return kNone;
  }
  NodeId next(Siblings& twins) const noexcept {
    twins.before = twins.at < twins.end ? twins.at : kNone;
    if (twins.before != kNone) twins.at = (*like_)[twins.at].next;
    return twins.before;
  }

 private:
  Siblings below(NodeId twin, NodeKind kind) const noexcept {
    if (twin == kNone || (*like_)[twin].kind != kind) return {};
    return {twin + 1, (*like_)[twin].next, kNone};
  }
  bool repeat_some(Siblings& twins, size_t& at, DocumentBuilder& builder);
  bool repeat_element(Siblings& twins, size_t& at, DocumentBuilder& builder);
  bool repeat(Siblings& twins, const char* twin, size_t tokens_before, size_t& at,
              DocumentBuilder& builder);
  size_t same_until(size_t begin, const char* twin) noexcept;

  // From here on the two texts are the same, up to `end` in the one that is read.
  struct Run {
    size_t shift = 0;  // from a place in the other text; wraps around
    size_t end = 0;
  };

  const std::string_view text_;
  const std::span<const uint32_t> starts_;
  const Document* const like_;
  const std::string_view like_text_;
  const bool has_escapes_;
  Run run_;
};

}  // namespace gnomon::compare
