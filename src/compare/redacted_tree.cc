#include "compare/redacted_tree.h"

#include "base/log.h"
#include "compare/tree_masks.h"

namespace gnomon::compare {
namespace {

class Writer {
 public:
  Writer(const Redactor& redactor, const Document& document, ContentKind kind)
      : redactor_(redactor), document_(document), kind_(kind) {}

  std::string write() {
    value(0, TreeMasks(redactor_.policy().trees()), redactor_.policy().covers_bodies());
    return std::move(out_);
  }

 private:
  // Recursion is as deep as the document. `secret`: everything from here on is.
  NodeId value(NodeId id, const TreeMasks& masks, bool secret) {
    const Node& node = document_[id];
    secret = secret || masks.matched();
    if (!node.is_container()) {
      scalar(node, secret);
      return node.next;
    }
    const bool object = node.kind == NodeKind::object;
    ++depth_;
    out_.push_back(object ? '{' : '[');
    uint32_t index = 0;
    for (NodeId child = id + 1; child < node.next; ++index) {
      if (index > 0) out_.push_back(',');
      if (object) {
        const std::string_view name = document_[child].name();
        member_name(name);
        child = value(child, masks.member(name), secret || is_secret(name));
      } else {
        child = value(child, masks.element(index), secret);
      }
    }
    out_.push_back(object ? '}' : ']');
    --depth_;
    return node.next;
  }

  bool is_secret(std::string_view name) const {
    const bool form = kind_ == ContentKind::form || kind_ == ContentKind::multipart;
    // The digest of a file is one that anybody can compute.
    if (kind_ == ContentKind::multipart && depth_ == 2 && name == "digest") return true;
    return RedactionPolicy::is_secret_name(name) ||
           (form && depth_ == 1 && redactor_.policy().covers_field(name));
  }

  // A name that is one of many is a value.
  void member_name(std::string_view name) {
    const bool hidden = redactor_.policy().mode() != RedactionMode::rules && is_dynamic_name(name);
    if (hidden) {
      quoted(redactor_.stand_in(name));
    } else if (redactor_.policy().expressions().empty()) {
      quoted(name);
    } else if (redactor_.policy().mode() != RedactionMode::rules) {
      quoted(redactor_.label(name));
    } else {
      quoted(redactor_.value(name));
    }
    out_.push_back(':');
  }

  void scalar(const Node& node, bool secret) {
    const bool kept = !secret && redactor_.policy().mode() == RedactionMode::rules;
    const std::string_view text = node.text();
    if (!kept) {
      quoted(redactor_.stand_in(node.kind, text));
    } else if (node.kind == NodeKind::string) {
      quoted(redactor_.value(text));
    } else if (const std::string clean = redactor_.value(text); clean == text) {
      out_.append(text);
    } else {
      quoted(clean);
    }
  }

  void quoted(std::string_view text) {
    out_.push_back('"');
    append_json_escaped(out_, text);
    out_.push_back('"');
  }

  const Redactor& redactor_;
  const Document& document_;
  const ContentKind kind_;
  std::string out_;
  int depth_ = 0;
};

}  // namespace

std::string redacted_tree(const Redactor& redactor, const Document& document, ContentKind kind) {
  return document.empty() ? std::string() : Writer(redactor, document, kind).write();
}

}  // namespace gnomon::compare
