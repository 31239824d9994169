#include "compare/json_graft.h"

#include <algorithm>

#include "compare/common_prefix.h"
#include "compare/utf8.h"

namespace gnomon::compare {
namespace {

constexpr size_t kElsewhere = SIZE_MAX;

size_t token_size(const Node& scalar) noexcept {
  constexpr size_t kQuotes = 2;
  return scalar.text_size + (scalar.kind == NodeKind::string ? kQuotes : 0);
}

// Characters of a string that stand for themselves.
bool is_plain(std::string_view characters) noexcept {
  const auto is_special = [](char c) {
    return static_cast<uint8_t>(c) < 0x20 || c == '"' || c == '\\';
  };
  return std::ranges::none_of(characters, is_special) && is_utf8(characters);
}

}  // namespace

// In its source, unless it was unescaped or is another document's.
size_t JsonGraft::begin_of(const Node& node) const noexcept {
  const size_t quote = node.kind == NodeKind::string ? 1 : 0;
  const size_t at = reinterpret_cast<uintptr_t>(node.text_data) -
                    reinterpret_cast<uintptr_t>(like_.source().data());
  return at < like_.source().size() ? at - quote : kElsewhere;
}

// The last that begins at this place or before it, if it is a scalar.
NodeId JsonGraft::scalar_at(size_t place) const noexcept {
  NodeId id = 0;
  while (like_[id].is_container()) {
    const NodeId end = like_[id].next;
    NodeId last = id;
    for (NodeId child = id + 1; child < end; child = like_[child].next) {
      const size_t begin = begin_of(like_[child]);
      if (begin == kElsewhere) continue;
      if (begin > place) break;
      last = child;
    }
    if (last == id) break;
    id = last;
  }
  return id;
}

// Between the same bytes another token of one value leaves every other token what it was.
bool JsonGraft::find(std::string_view text) noexcept {
  const std::string_view old = like_.source();
  const size_t place = common_prefix(old, text);
  scalar_ = scalar_at(place);
  const Node& scalar = like_[scalar_];
  begin_ = begin_of(scalar);
  if (scalar.is_container() || begin_ > place || begin_ + token_size(scalar) < place) return false;
  const std::string_view behind = old.substr(begin_ + token_size(scalar));
  if (text.size() < begin_ + behind.size() || !text.ends_with(behind)) return false;
  size_ = text.size() - behind.size() - begin_;
  return true;
}

bool JsonGraft::build(std::string_view text, DocumentBuilder& builder) const {
  return add(0, text, builder) && builder.complete();
}

bool JsonGraft::add(NodeId id, std::string_view text, DocumentBuilder& builder) const {
  const Node& node = like_[id];
  if (id == scalar_) return add_scalar(text.substr(begin_, size_), builder);
  const char* const at = text.data() + begin_of(node);
  const bool begun =
      node.kind == NodeKind::object ? builder.begin_object(at) : builder.begin_array(at);
  if (!begun) return false;
  NodeId changed = id + 1;
  while (like_[changed].next <= scalar_) changed = like_[changed].next;
  if (!builder.repeat(like_, id + 1, changed)) return false;
  builder.name(like_[changed].name());
  if (!add(changed, text, builder)) return false;
  if (!builder.repeat(like_, like_[changed].next, node.next)) return false;
  builder.end(node.text_size);
  return true;
}

bool JsonGraft::add_scalar(std::string_view token, DocumentBuilder& builder) const {
  if (token == "null") return builder.null(token);
  if (token == "true" || token == "false") return builder.boolean_token(token);
  if (!token.starts_with('"')) return builder.number(token);
  if (token.size() < 2 || !token.ends_with('"')) return false;
  const std::string_view characters = token.substr(1, token.size() - 2);
  return is_plain(characters) && builder.string(characters);
}

}  // namespace gnomon::compare
