#include "config/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <optional>
#include <vector>

#include "config/yaml_tree.h"

namespace gnomon::config {
namespace {

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct DiagDeleter {
  // Not fy_diag_unref, which forgets the errors that were collected.
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
using ParserPtr = std::unique_ptr<fy_parser, ParserDeleter>;
using DiagPtr = std::unique_ptr<fy_diag, DiagDeleter>;

// A stretch of whole lines that is parsed on its own.
struct Segment {
  uint32_t first_line;
  std::string_view text;
};

bool is_document_start(std::string_view line) {
  return line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t');
}

// Lines that may stand before a document's `---` and belong to it.
bool is_preamble(std::string_view line) {
  const size_t text = line.find_first_not_of(" \t");
  return text == std::string_view::npos || line[text] == '#' || line[0] == '%';
}

// Cuts at every `---`, which cannot be part of a document's content (YAML 1.2 section 9.1.2). Thus
// one broken document cannot swallow its neighbours.
std::vector<Segment> split_documents(const Sources& sources, uint32_t file) {
  const std::string_view text = sources.text(file);
  std::vector<Segment> segments;
  uint32_t first = 1;
  bool has_content = false;
  const auto cut = [&](uint32_t line, size_t end) {
    const size_t begin = sources.line_start(file, first);
    if (end > begin) segments.push_back({first, text.substr(begin, end - begin)});
    first = line;
  };
  const uint32_t count = sources.line_count(file);
  for (uint32_t number = 1; number <= count; ++number) {
    const std::string_view line = sources.line(file, number);
    if (is_document_start(line)) {
      if (has_content) cut(number, sources.line_start(file, number));
      has_content = true;
    } else if (!is_preamble(line)) {
      has_content = true;
    }
  }
  cut(count, text.size());
  return segments;
}

// Length of the well-formed UTF-8 sequence at the front, or 0 (RFC 3629 section 4).
size_t utf8_length(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

struct BadByte {
  size_t offset;
  const char* what;
};

// The first byte that no YAML text may contain (YAML 1.2 section 5.1). Checked here because the
// parser's own messages about such bytes name no place.
std::optional<BadByte> find_bad_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) return BadByte{i, "a NUL byte"};
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F) {
      return BadByte{i, "a control character"};
    }
    const size_t length = utf8_length(text.substr(i));
    if (length == 0) return BadByte{i, "a byte that is not UTF-8"};
    i += length;
  }
  return std::nullopt;
}

Position position_of(const Segment& segment, uint32_t file, size_t offset) {
  Position at{file, segment.first_line, 1};
  const std::string_view before = segment.text.substr(0, offset);
  for (size_t i = 0; i < before.size(); ++i) {
    const bool crlf =
        before[i] == '\r' && i + 1 < segment.text.size() && segment.text[i + 1] == '\n';
    if (before[i] == '\n' || (before[i] == '\r' && !crlf)) {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(before[i]) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

std::string_view text_of(fy_token* token) {
  if (token == nullptr) return {};
  size_t length = 0;
  const char* text = fy_token_get_text(token, &length);
  return text == nullptr ? std::string_view() : std::string_view(text, length);
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

class YamlReader::Impl {
 public:
  Impl(const Sources& sources, uint32_t file, Diagnostics& diagnostics, YamlLimits limits)
      : sources_(sources), file_(file), diagnostics_(diagnostics), builder_(diagnostics, limits) {
    segments_ = split_documents(sources, file);
    if (!segments_.empty() && segments_[0].text.starts_with(kByteOrderMark)) {
      segments_[0].text.remove_prefix(kByteOrderMark.size());
    }
  }

  const Node* next() {
    for (;;) {
      if (!parser_ && !open_segment()) return nullptr;
      const Node* root = next_in_segment();
      if (root == nullptr) {
        parser_.reset();
      } else if (!root->is_null()) {
        return root;
      }
    }
  }

 private:
  bool open_segment() {
    while (next_segment_ < segments_.size()) {
      segment_ = segments_[next_segment_++];
      if (const auto bad = find_bad_byte(segment_.text)) {
        diagnostics_.error(position_of(segment_, file_, bad->offset),
                           fmt::format("the file contains {}", bad->what), {},
                           "configuration is read as UTF-8 text");
        continue;
      }
      start_parser();
      return true;
    }
    return false;
  }

  void start_parser() {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.level = FYET_ERROR;
    diag_config.colorize = false;
    parser_.reset();
    diag_.reset(fy_diag_create(&diag_config));
    fy_diag_set_collect_errors(diag_.get(), true);
    fy_parse_cfg config{};
    config.flags = FYPCF_QUIET;
    config.diag = diag_.get();
    parser_.reset(fy_parser_create(&config));
    fy_parser_set_string(parser_.get(), segment_.text.data(), segment_.text.size());
  }

  // Null at the end of the segment and after an error.
  const Node* next_in_segment() {
    builder_.start_document();
    while (fy_event* event = fy_parser_parse(parser_.get())) {
      const fy_event_type type = event->type;
      const bool good = take(*event);
      fy_parser_event_free(parser_.get(), event);
      if (!good) return nullptr;
      if (type == FYET_DOCUMENT_END) {
        if (const Node* root = builder_.finish_document()) return root;
      }
    }
    if (fy_parser_get_stream_error(parser_.get())) report_parse_error();
    return nullptr;
  }

  bool take(const fy_event& event) {
    switch (event.type) {
      case FYET_DOCUMENT_START:
        builder_.start_document();
        return true;
      case FYET_SCALAR:
        return take_scalar(event.scalar, place_of(event));
      case FYET_ALIAS:
        return builder_.alias(before(place_of(event)), text_of(event.alias.anchor));
      case FYET_SEQUENCE_START:
        check_tag(event.sequence_start.tag, place_of(event), {"seq"});
        return builder_.start_sequence(place_of(event), text_of(event.sequence_start.anchor));
      case FYET_MAPPING_START:
        check_tag(event.mapping_start.tag, place_of(event), {"map"});
        return builder_.start_mapping(place_of(event), text_of(event.mapping_start.anchor));
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        return builder_.end_collection();
      default:
        return true;
    }
  }

  bool take_scalar(const fy_event_scalar_data& scalar, Position at) {
    const fy_scalar_style style =
        scalar.value == nullptr ? FYSS_PLAIN : fy_token_scalar_style(scalar.value);
    bool plain = style == FYSS_PLAIN;
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) at = before(at);
    // The parser has no place for a value that is a tag alone, such as `key: !`.
    if (scalar.tag != nullptr && text_of(scalar.value).empty() && plain) {
      at = place_of(fy_token_start_mark(scalar.tag));
    }
    if (scalar.tag != nullptr) {
      plain = check_tag(scalar.tag, at, {"str", "int", "bool", "float", "null"}) != "str";
    }
    return builder_.scalar(at, text_of(scalar.value), plain, text_of(scalar.anchor));
  }

  // The tag's short name if it is one of the allowed, else reports it.
  std::string_view check_tag(fy_token* tag, Position at,
                             std::initializer_list<std::string_view> allowed) {
    if (tag == nullptr) return {};
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    const std::string_view full = text_of(tag);
    if (full == "!") return "str";
    if (full.starts_with(kCore)) {
      for (const std::string_view name : allowed) {
        if (full.substr(kCore.size()) == name) return name;
      }
    }
    diagnostics_.error(at, fmt::format("the tag \"{}\" is not supported here", full));
    return {};
  }

  Position place_of(const fy_mark* mark) const {
    if (mark == nullptr) return {file_, segment_.first_line, 1};
    return place_at(mark->line, mark->column);
  }

  // From the parser's line and column, which count from 0 in the segment. At the end of a text
  // without a last line break they may name a line that does not exist.
  Position place_at(int line, int column) const {
    const uint32_t last = sources_.line_count(file_);
    const uint32_t number = segment_.first_line + static_cast<uint32_t>(std::max(line, 0));
    if (number > last) return {file_, last, 1};
    return {file_, number, static_cast<uint32_t>(std::max(column, 0)) + 1};
  }

  Position place_of(const fy_event& event) const {
    fy_event copy = event;
    return place_of(fy_event_start_mark(&copy));
  }

  // The parser's marks stand behind an opening quote and behind the star of an alias.
  static Position before(Position at) {
    if (at.column > 1) --at.column;
    return at;
  }

  // Only the first: what the parser says after it is mostly a consequence.
  void report_parse_error() {
    void* iterator = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &iterator);
    if (error == nullptr) {
      diagnostics_.error({file_, segment_.first_line, 1}, "this document is not valid YAML");
      return;
    }
    diagnostics_.error(place_at(error->line - 1, error->column - 1), error->msg);
  }

  const Sources& sources_;
  uint32_t file_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
  std::vector<Segment> segments_;
  size_t next_segment_ = 0;
  Segment segment_{};
  DiagPtr diag_;  // outlives the parser that writes to it
  ParserPtr parser_;
};

YamlReader::YamlReader(const Sources& sources, uint32_t file, Diagnostics& diagnostics,
                       YamlLimits limits)
    : impl_(std::make_unique<Impl>(sources, file, diagnostics, limits)) {}

YamlReader::~YamlReader() = default;

const Node* YamlReader::next() { return impl_->next(); }

}  // namespace gnomon::config
