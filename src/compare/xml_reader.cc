#include "compare/xml_reader.h"

#include <algorithm>
#include <cstring>
#include <pugixml.hpp>
#include <string>
#include <vector>

namespace gnomon::compare {
namespace {

bool is_text(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}
bool is_element(const pugi::xml_node& node) { return node.type() == pugi::node_element; }

// What stands between two elements, or before or behind them all.
struct Text {
  size_t place = 0;  // elements before it
  std::string text;
};

// The children of one element, sorted out.
struct Children {
  std::vector<pugi::xml_node> elements;  // by name, and those of a name in their order
  std::vector<Text> texts;               // that are not just space

  explicit Children(const pugi::xml_node& parent) {
    for (const pugi::xml_node& child : parent.children()) {
      if (is_element(child)) {
        elements.push_back(child);
      } else if (is_text(child)) {
        if (texts.empty() || texts.back().place != elements.size()) {
          texts.push_back({elements.size(), {}});
        }
        texts.back().text.append(child.value());
      }
    }
    std::erase_if(texts, [](const Text& text) {
      return text.text.find_first_not_of(" \t\r\n") == std::string::npos;
    });
    // Memory of a document is not in its order, so the place among the siblings decides between two
    // of a name.
    std::vector<size_t> order(elements.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [this](size_t a, size_t b) {
      const int by_name = std::strcmp(elements[a].name(), elements[b].name());
      return by_name != 0 ? by_name < 0 : a < b;
    });
    std::vector<pugi::xml_node> sorted(elements.size());
    std::ranges::transform(order, sorted.begin(), [this](size_t i) { return elements[i]; });
    elements = std::move(sorted);
  }
};

class Walk {
 public:
  explicit Walk(DocumentBuilder& builder) : builder_(builder) {}

  // Recursion ends at the depth that the builder allows.
  bool element(const pugi::xml_node& node) {
    const Children children(node);
    if (!node.first_attribute() && children.elements.empty()) {
      return builder_.string(children.texts.empty() ? ""
                                                    : builder_.keep(children.texts.front().text));
    }
    if (!builder_.begin_object()) return false;
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      name("@", attribute.name());
      if (!builder_.string(builder_.keep(attribute.value()))) return false;
    }
    if (!text(children) || !groups(children.elements)) return false;
    builder_.end();
    return true;
  }

  void name(std::string_view sign, std::string_view text) {
    builder_.name(builder_.keep(std::string(sign).append(text)));
  }

 private:
  // Among elements, where it stands counts: one text for each place, most often an empty one.
  bool text(const Children& children) {
    if (children.texts.empty()) return true;
    builder_.name("#text");
    if (children.elements.empty()) {
      return builder_.string(builder_.keep(children.texts.front().text));
    }
    if (!builder_.begin_array()) return false;
    auto next = children.texts.begin();
    for (size_t place = 0; place <= children.elements.size(); ++place) {
      const bool is_here = next != children.texts.end() && next->place == place;
      if (!builder_.string(is_here ? builder_.keep((next++)->text) : "")) return false;
    }
    builder_.end();
    return true;
  }

  bool groups(const std::vector<pugi::xml_node>& elements) {
    const char* open = nullptr;
    for (const pugi::xml_node& child : elements) {
      if (open == nullptr || std::strcmp(open, child.name()) != 0) {
        if (open != nullptr) builder_.end();
        open = child.name();
        name("", open);
        if (!builder_.begin_array()) return false;
      }
      if (!element(child)) return false;
    }
    if (open != nullptr) builder_.end();
    return true;
  }

  DocumentBuilder& builder_;
};

// The one element of the document, or nothing.
pugi::xml_node root_of(const pugi::xml_document& document) {
  pugi::xml_node root;
  for (const pugi::xml_node& child : document.children()) {
    if (!is_element(child)) continue;
    if (root) return {};
    root = child;
  }
  return root;
}

// The parser ends a text at a NUL, and what follows would be lost. Texts of UTF-16 and UTF-32,
// which are full of them, begin with a byte order mark or have one in their first two bytes.
bool has_nul(std::string_view body) {
  const bool wide = body.starts_with("\xFE\xFF") || body.starts_with("\xFF\xFE") ||
                    body.substr(0, 2).contains('\0');
  if (!wide && body.contains('\0')) return true;
  // Written as &#0; or &#x00;
  for (size_t at = body.find("&#"); at != std::string_view::npos; at = body.find("&#", at + 2)) {
    std::string_view digits = body.substr(at + 2);
    if (digits.starts_with('x')) digits.remove_prefix(1);
    const size_t end = digits.find_first_not_of('0');
    if (end != 0 && end != std::string_view::npos && digits[end] == ';') return true;
  }
  return false;
}

// What a document defines for itself is not followed, but belongs to what it says.
std::string_view definitions_of(const pugi::xml_document& document) {
  for (const pugi::xml_node& child : document.children()) {
    const std::string_view text = child.value();
    if (child.type() == pugi::node_doctype && text.contains('[')) return text;
  }
  return {};
}

}  // namespace

ReadStatus read_xml(std::string_view body, const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, limits);
  if (body.size() > limits.text_bytes) return builder.refuse(Limit::text_bytes);
  // Each element, attribute and piece of text costs the parser some tens of bytes.
  const auto starts = std::ranges::count_if(body, [](char c) { return c == '<' || c == '='; });
  if (static_cast<uint64_t>(starts) > limits.nodes) return builder.refuse(Limit::nodes);

  if (has_nul(body)) return ReadStatus::invalid;

  pugi::xml_document document;
  const unsigned options = pugi::parse_doctype | pugi::parse_cdata | pugi::parse_escapes |
                           pugi::parse_eol | pugi::parse_wconv_attribute;
  if (!document.load_buffer(body.data(), body.size(), options)) return ReadStatus::invalid;
  const pugi::xml_node root = root_of(document);
  if (!root || !builder.begin_object()) return ReadStatus::invalid;
  Walk walk(builder);
  bool read = true;
  if (const std::string_view defined = definitions_of(document); !defined.empty()) {
    builder.name("!DOCTYPE");
    read = builder.string(builder.keep(defined));
  }
  walk.name("", root.name());
  read = read && walk.element(root);
  if (read) builder.end();
  if (!out.limits().empty()) return ReadStatus::limit;
  return read && builder.complete() ? ReadStatus::ok : ReadStatus::invalid;
}

}  // namespace gnomon::compare
