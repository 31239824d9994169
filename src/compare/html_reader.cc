#include "compare/html_reader.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "msg/headers.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f";
constexpr size_t kMaxEntity = 10;

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <size_t N>
bool is_among(const std::string_view (&names)[N], std::string_view name) noexcept {
  return std::ranges::find(names, name) != std::end(names);
}

bool is_void(std::string_view tag) noexcept {
  static constexpr std::string_view kNames[] = {"area",  "base",   "br",    "col",  "embed",
                                                "hr",    "img",    "input", "link", "meta",
                                                "param", "source", "track", "wbr"};
  return is_among(kNames, tag);
}

// What stands in them is text up to their end tag.
bool is_raw(std::string_view tag) noexcept {
  static constexpr std::string_view kNames[] = {"script", "style", "textarea", "title"};
  return is_among(kNames, tag);
}
bool has_entities(std::string_view raw_tag) noexcept {
  return raw_tag == "textarea" || raw_tag == "title";
}

// Whether the end tag of `open` is left out before `next` begins.
bool ends_before(std::string_view open, std::string_view next) noexcept {
  static constexpr std::string_view kBlocks[] = {
      "address", "article", "aside", "blockquote", "div",     "dl",    "fieldset", "footer", "form",
      "h1",      "h2",      "h3",    "h4",         "h5",      "h6",    "header",   "hr",     "main",
      "nav",     "ol",      "p",     "pre",        "section", "table", "ul"};
  static constexpr std::string_view kRowGroups[] = {"tbody", "thead", "tfoot"};
  static constexpr std::string_view kCells[] = {"td", "th"};
  static constexpr std::string_view kTerms[] = {"dt", "dd"};
  if (open == "p") return is_among(kBlocks, next);
  if (open == "li" || open == "option") return next == open;
  if (is_among(kTerms, open)) return is_among(kTerms, next);
  if (is_among(kCells, open)) {
    return is_among(kCells, next) || next == "tr" || is_among(kRowGroups, next);
  }
  if (open == "tr") return next == "tr" || is_among(kRowGroups, next);
  return is_among(kRowGroups, open) && is_among(kRowGroups, next);
}

void append_utf8(uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr unsigned kFirst[] = {0, 0xc0, 0xe0, 0xf0};
  out.push_back(static_cast<char>(kFirst[more] | code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) {
    out.push_back(static_cast<char>(0x80U | ((code >> (6 * i)) & 0x3fU)));
  }
}

// `name` is what stands between "&" and ";". False for names that are not known here.
bool append_entity(std::string_view name, std::string& out) {
  if (name.starts_with('#')) {
    const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const std::string_view digits = name.substr(hex ? 2 : 1);
    uint32_t code = 0;
    const char* const first = digits.data();
    const char* const last = first + digits.size();
    const auto [end, problem] = std::from_chars(first, last, code, hex ? 16 : 10);
    if (problem != std::errc() || end != last) return false;
    append_utf8(code, out);
    return true;
  }
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xc2\xa0"}};
  const auto* found =
      std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
  if (found == std::end(kNames)) return false;
  out.append(found->second);
  return true;
}

std::string without_entities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t plain = std::min(text.find('&'), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    const size_t end = text.substr(0, kMaxEntity + 2).find(';');
    if (end != std::string_view::npos && append_entity(text.substr(1, end - 1), out)) {
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out.push_back('&');
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = kSpace.contains(c);
    if (!space || out.empty() || out.back() != ' ') out.push_back(space ? ' ' : c);
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class Page {
 public:
  Page(std::string_view rest, DocumentBuilder& builder) : rest_(rest), builder_(builder) {}

  // False when a limit was reached.
  bool read() {
    bool good = builder_.begin_array();
    while (good && !rest_.empty()) good = next();
    if (!good || !flush()) return false;
    while (!open_.empty()) close();
    builder_.end();
    return true;
  }

 private:
  bool next() {
    const size_t plain = std::min(rest_.find('<'), rest_.size());
    text_.append(without_entities(rest_.substr(0, plain)));
    rest_.remove_prefix(plain);
    if (rest_.size() < 2) {
      text_.append(rest_);
      rest_ = {};
      return true;
    }
    if (is_letter(rest_[1])) return flush() && start_tag();
    if (rest_[1] == '/' && rest_.size() > 2 && is_letter(rest_[2])) return flush() && end_tag();
    if (rest_[1] == '!' || rest_[1] == '?' || rest_[1] == '/') {
      skip_comment();
    } else {
      text_.push_back('<');
      rest_.remove_prefix(1);
    }
    return true;
  }

  // Comments, document types, CDATA and what browsers take for comments.
  void skip_comment() {
    const bool comment = rest_.starts_with("<!--");
    const std::string_view mark = comment ? "-->" : ">";
    const size_t end = rest_.find(mark, 2);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + mark.size());
  }

  bool flush() {
    const std::string text = with_single_spaces(text_);
    text_.clear();
    return text.empty() || text == " " || builder_.string(builder_.keep(text));
  }

  std::string_view take_name(std::string_view stop) {
    const std::string_view name = rest_.substr(0, rest_.find_first_of(stop));
    rest_.remove_prefix(name.size());
    return builder_.keep(lower_case(name));
  }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n\f/"), rest_.size()));
  }

  bool start_tag() {
    rest_.remove_prefix(1);
    const std::string_view tag = take_name(" \t\r\n\f/>");
    while (!open_.empty() && ends_before(open_.back(), tag)) close();
    if (!builder_.begin_object() || !attributes()) return false;
    builder_.name(tag);
    if (!builder_.begin_array()) return false;
    open_.push_back(tag);
    if (is_void(tag)) {
      close();
    } else if (is_raw(tag)) {
      return raw_text(tag);
    }
    return true;
  }

  bool attributes() {
    for (skip_space(); !rest_.empty() && rest_[0] != '>'; skip_space()) {
      // A "=" in front belongs to the name.
      const size_t size = std::min(rest_.find_first_of(" \t\r\n\f/>=", 1), rest_.size());
      builder_.name(builder_.keep("@" + lower_case(rest_.substr(0, size))));
      rest_.remove_prefix(size);
      if (!builder_.string(builder_.keep(without_entities(attribute_value())))) return false;
    }
    rest_.remove_prefix(std::min<size_t>(rest_.size(), 1));
    return true;
  }

  std::string_view attribute_value() {
    const size_t sign = rest_.find_first_not_of(kSpace);
    if (sign == std::string_view::npos || rest_[sign] != '=') return {};
    rest_.remove_prefix(sign + 1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
    const bool quoted = rest_.starts_with('"') || rest_.starts_with('\'');
    if (!quoted) {
      const std::string_view value = rest_.substr(0, rest_.find_first_of(" \t\r\n\f>"));
      rest_.remove_prefix(value.size());
      return value;
    }
    const size_t end = std::min(rest_.find(rest_[0], 1), rest_.size());
    const std::string_view value = rest_.substr(1, end - 1);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return value;
  }

  bool raw_text(std::string_view tag) {
    size_t end = rest_.find("</");
    while (end != std::string_view::npos &&
           !equals_ignore_case(rest_.substr(end + 2, tag.size()), tag)) {
      end = rest_.find("</", end + 2);
    }
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(text.size());
    const std::string kept = has_entities(tag) ? without_entities(text) : std::string(text);
    return kept.find_first_not_of(kSpace) == std::string::npos ||
           builder_.string(builder_.keep(kept));
  }

  bool end_tag() {
    rest_.remove_prefix(2);
    const std::string_view tag = take_name(" \t\r\n\f/>");
    const size_t end = rest_.find('>');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    // Without its start tag it means nothing.
    if (std::ranges::find(open_, tag) == open_.end()) return true;
    while (open_.back() != tag) close();
    close();
    return true;
  }

  void close() {
    open_.pop_back();
    builder_.end();
    builder_.end();
  }

  std::string_view rest_;
  DocumentBuilder& builder_;
  std::vector<std::string_view> open_;
  std::string text_;
};

}  // namespace

ReadStatus read_html(std::string_view body, const DocumentLimits& limits, Document& out) {
  DocumentBuilder builder(out, limits);
  const bool read = Page(body, builder).read();
  if (!out.limits().empty()) return ReadStatus::limit;
  return read && builder.complete() ? ReadStatus::ok : ReadStatus::invalid;
}

}  // namespace gnomon::compare
