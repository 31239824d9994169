#include "compare/redactor.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "compare/decimal.h"
#include "compare/form_reader.h"
#include "compare/json_escape.h"
#include "compare/tree_masks.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kSpace = " \t";
constexpr std::string_view kAnything = "{}";        // as paths and endpoints are written
constexpr std::string_view kMore = "\xe2\x80\xa6";  // where the differ cut a value

std::string_view trim(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// What stands before the first of `separators`; it and the separator leave `rest`. The separator,
// if there was one, comes back through `separator`.
std::string_view take_piece(std::string_view& rest, std::string_view separators,
                            std::string_view& separator) noexcept {
  const size_t end = std::min(rest.find_first_of(separators), rest.size());
  const std::string_view piece = rest.substr(0, end);
  separator = rest.substr(end, 1);
  rest.remove_prefix(end + separator.size());
  return piece;
}

// Schemes of authorization tell nothing of who is meant (RFC 9110 section 16.4.1 and AWS's).
bool is_auth_scheme(std::string_view word) noexcept {
  static constexpr std::string_view kSchemes[] = {
      "basic",  "bearer",    "digest",        "dpop",        "gnap",  "hoba",
      "mutual", "negotiate", "scram-sha-256", "scram-sha-1", "vapid", "aws4-hmac-sha256"};
  return std::ranges::any_of(
      kSchemes, [&](std::string_view scheme) { return equals_ignore_case(scheme, word); });
}

// One form for each number: 1.50 and 15e-1 are "15e-1".
std::string canonical_number(std::string_view token) {
  const bool negative = token.starts_with('-');
  std::string_view rest = token.substr(negative ? 1 : 0);
  const size_t mark = std::min(rest.find_first_of("eE"), rest.size());
  std::string_view exponent_text = rest.substr(std::min(mark + 1, rest.size()));
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  int64_t exponent = 0;
  const char* const first = exponent_text.data();
  const char* const last = first + exponent_text.size();
  constexpr int64_t kFar = 100'000'000'000'000'000;
  const bool far =
      !exponent_text.empty() && std::from_chars(first, last, exponent).ec != std::errc();
  if (far || exponent <= -kFar || exponent >= kFar) return std::string(token);
  const std::string_view mantissa = rest.substr(0, mark);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  digits.append(mantissa.substr(std::min(point + 1, mantissa.size())));
  exponent -= static_cast<int64_t>(digits.size() - point);
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return "0";
  return std::string(negative ? "-" : "").append(digits) + "e" + std::to_string(exponent);
}

bool is_name_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// What is named before a colon: the word, in quotes or not, escaped or not.
std::string_view name_before(std::string_view text) noexcept {
  const auto skip = [&](auto&& is) {
    while (!text.empty() && is(text.back())) text.remove_suffix(1);
  };
  skip([](char c) { return std::string_view(" \t\"'\\").contains(c); });
  const std::string_view up_to_it = text;
  skip(is_name_char);
  return up_to_it.substr(text.size());
}

// Whether a text that was cut ends within what may be "https://user:password@".
bool is_cut_before_host(std::string_view text) noexcept {
  const size_t scheme = text.rfind("://");
  return scheme != std::string_view::npos &&
         text.find_first_of("/?#@ \t\r\n<>\"'", scheme + 3) == std::string_view::npos;
}

// In a multipart body: one that anybody can compute who guesses what the file is.
bool is_digest_of_file(std::string_view path) {
  const auto place = PathPattern::parse(path);
  return place && place->area == Area::tree && place->steps.size() == 2 &&
         place->steps.back().name == "digest";
}

// The part of an endpoint's name that is a path.
std::string_view path_of_endpoint(std::string_view endpoint) noexcept {
  const size_t slash = endpoint.find('/');
  return slash == std::string_view::npos ? std::string_view() : endpoint.substr(slash);
}

}  // namespace

std::string Redactor::stand_in(std::string_view text, RedactionKey::Of of) const {
  if (policy_->mode() == RedactionMode::names_only) return std::string(kRedacted);
  return key_.stand_in(text, of);
}

std::string Redactor::stand_in(NodeKind kind, std::string_view text) const {
  if (kind == NodeKind::string) return stand_in(text);
  if (kind == NodeKind::number) return stand_in(canonical_number(text), RedactionKey::Of::number);
  return stand_in(text, RedactionKey::Of::constant);
}

std::string Redactor::value(std::string_view text) const {
  // A match may reach over the parts of a URL, so the expressions come first.
  if (policy_->mode() != RedactionMode::rules) return stand_in(text);
  return urls_in(without_named(without_matches(text)));
}

// "password: x", as in YAML, in heads and in JSON within a text: to the end of the line.
std::string Redactor::without_named(std::string_view whole) const {
  std::string out;
  size_t kept = 0;  // up to here it is in `out`
  for (size_t at = whole.find(':'); at != whole.npos; at = whole.find(':', at + 1)) {
    if (!RedactionPolicy::is_secret_name(name_before(whole.substr(0, at)))) continue;
    const size_t from = std::min(whole.find_first_not_of(kSpace, at + 1), whole.size());
    const size_t end = std::min(whole.find_first_of("\r\n", at), whole.size());
    if (from >= end) continue;
    out.append(whole, kept, from - kept).append(stand_in(whole.substr(from, end - from)));
    kept = at = end;
  }
  return out.append(whole.substr(kept));
}

std::string Redactor::without_matches(std::string_view text, std::string_view instead) const {
  std::string out(text);
  for (const auto& expression : policy_->expressions()) {
    std::string next;
    size_t at = 0;
    re2::StringPiece match;
    const re2::StringPiece whole(out);
    while (at <= out.size() &&
           expression->Match(whole, at, out.size(), re2::RE2::UNANCHORED, &match, 1)) {
      const size_t begin = static_cast<size_t>(match.data() - out.data());
      if (match.empty()) break;
      next.append(out, at, begin - at);
      next.append(instead.empty() ? stand_in({match.data(), match.size()}) : instead);
      at = begin + match.size();
    }
    if (at > 0) out = next.append(out, at);
  }
  return out;
}

std::string Redactor::label(std::string_view text) const {
  return without_matches(text, kAnything);
}

std::string Redactor::path_label(std::string_view path) const {
  const std::string clean = label(path.substr(0, path.find_first_of("?#")));
  std::string out;
  std::string_view rest = clean;
  std::string_view slash;
  while (!rest.empty()) {
    const std::string_view word = take_piece(rest, "/", slash);
    const std::string decoded = form_decoded(word);
    const bool matched = word.contains(kAnything) || label(decoded) != decoded;
    out.append(matched ? kAnything : word).append(slash);
  }
  return out;
}

// ---- URLs -----------------------------------------------------------------------------------

std::string Redactor::target(std::string_view target, std::string_view endpoint) const {
  const bool ruled = policy_->mode() == RedactionMode::rules;
  const std::string clean = ruled ? without_matches(target) : std::string(target);
  const size_t query = std::min(clean.find_first_of("?#"), clean.size());
  const std::string_view whole = clean;
  std::string out = path(whole.substr(0, query), path_of_endpoint(endpoint));
  return out.append(parameters(whole.substr(query), "?&;#"));
}

std::string Redactor::path(std::string_view path, std::string_view endpoint) const {
  std::string out;
  std::string_view slash;
  std::string_view ignored;
  while (!path.empty()) {
    const std::string_view word = take_piece(path, "/", slash);
    const std::string_view known = take_piece(endpoint, "/", ignored);
    out.append(segment(word, known)).append(slash);
  }
  return out;
}

// Parameters may follow a segment: /cart;jsessionid=1/items
std::string Redactor::segment(std::string_view segment, std::string_view known) const {
  const size_t end = std::min(segment.find(';'), segment.size());
  const std::string_view word = segment.substr(0, end);
  const bool ruled = policy_->mode() == RedactionMode::rules;
  std::string out = ruled                           ? decoded_matches(word)
                    : word.empty() || word == known ? std::string(word)
                                                    : stand_in(word);
  return out.append(parameters(segment.substr(end), ";"));
}

std::string Redactor::parameters(std::string_view text, std::string_view separators) const {
  std::string out;
  std::string_view separator;
  while (!text.empty()) {
    const std::string_view pair = take_piece(text, separators, separator);
    out.append(parameter(pair)).append(separator);
  }
  return out;
}

// Equal values are equal however they were encoded.
std::string Redactor::parameter(std::string_view pair) const {
  const bool ruled = policy_->mode() == RedactionMode::rules;
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) {
    return ruled || pair.empty() ? decoded_matches(pair) : stand_in(form_decoded(pair));
  }
  const std::string_view text = pair.substr(equals + 1);
  const bool covered = !ruled || policy_->covers_parameter(form_decoded(pair.substr(0, equals)));
  std::string out = decoded_matches(pair.substr(0, equals)).append("=");
  return out.append(covered ? stand_in(form_decoded(text)) : decoded_matches(text));
}

// What the expressions have not seen for the sake of its encoding.
std::string Redactor::decoded_matches(std::string_view text) const {
  if (text.find_first_of("%+") == std::string_view::npos) return std::string(text);
  const std::string decoded = form_decoded(text);
  std::string clean = without_matches(decoded);
  return clean == decoded ? std::string(text) : clean;
}

// URLs stand in fields of many names and in bodies, alone or among other things.
std::string Redactor::urls_in(std::string_view text) const {
  if (text.find_first_of("?#;=") == std::string_view::npos && !text.contains("://")) {
    return std::string(text);
  }
  std::string out;
  std::string_view separator;
  while (!text.empty()) {
    std::string_view word = take_piece(text, " \t\r\n<>\"'", separator);
    out.append(user_info(word));
    const size_t query = std::min(word.find_first_of("?#;"), word.size());
    // Also outside of URLs: password=secret
    const std::string_view front = word.substr(0, query);
    out.append(front.contains('=') ? parameter(front) : std::string(front));
    out.append(parameters(word.substr(query), "?&;#"));
    out.append(separator);
  }
  return out;
}

// Takes "https://user:password@" off the word.
std::string Redactor::user_info(std::string_view& word) const {
  const size_t scheme = word.find("://");
  if (scheme == std::string_view::npos) return {};
  const size_t begin = scheme + 3;
  const size_t host_end = std::min(word.find_first_of("/?#", begin), word.size());
  const size_t at = word.substr(0, host_end).rfind('@');
  if (at == std::string_view::npos || at < begin) return {};
  std::string out(word.substr(0, begin));
  out.append(stand_in(word.substr(begin, at - begin)));
  word.remove_prefix(at);
  return out;
}

// ---- fields ---------------------------------------------------------------------------------

std::string Redactor::header(std::string_view name, std::string_view value) const {
  if (equals_ignore_case(name, "cookie")) return cookies(value);
  if (equals_ignore_case(name, "set-cookie")) return set_cookie(value);
  if (policy_->mode() != RedactionMode::rules) return stand_in(value);
  if (equals_ignore_case(name, "authorization") ||
      equals_ignore_case(name, "proxy-authorization")) {
    return credentials(value);
  }
  // Of gRPC: base 64 of anything.
  const bool binary = name.size() > 4 && equals_ignore_case(name.substr(name.size() - 4), "-bin");
  if (binary || policy_->covers_header(name)) return stand_in(value);
  return this->value(value);
}

Headers Redactor::headers(const Headers& fields) const {
  Headers out;
  out.reserve(fields.size());
  for (const Field& field : fields) {
    out.add(without_matches(field.name), header(field.name, field.value));
  }
  return out;
}

std::string Redactor::cookies(std::string_view value) const {
  std::string out;
  std::string_view separator;
  while (!value.empty()) {
    const std::string_view pair = trim(take_piece(value, ";", separator));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      if (!pair.empty()) out.append(stand_in(pair));
    } else {
      out.append(without_matches(pair.substr(0, equals + 1)));
      out.append(stand_in(pair.substr(equals + 1)));
    }
    if (!separator.empty()) out.append("; ");
  }
  return out;
}

std::string Redactor::set_cookie(std::string_view value) const {
  const size_t end = std::min(value.find(';'), value.size());
  std::string out = cookies(value.substr(0, end));
  std::string_view separator;
  std::string_view rest = value.substr(std::min(end + 1, value.size()));
  while (!rest.empty()) {
    const std::string_view attribute = trim(take_piece(rest, ";", separator));
    const size_t equals = std::min(attribute.find('='), attribute.size());
    const bool kept = policy_->mode() == RedactionMode::rules || equals == attribute.size();
    out.append("; ").append(without_matches(kept ? attribute : attribute.substr(0, equals + 1)));
    if (!kept) out.append(stand_in(attribute.substr(equals + 1)));
  }
  return out;
}

std::string Redactor::credentials(std::string_view value) const {
  const size_t space = value.find(' ');
  const bool scheme = space != std::string_view::npos && is_auth_scheme(value.substr(0, space));
  const size_t from = scheme ? space + 1 : 0;
  return std::string(value.substr(0, from)).append(stand_in(value.substr(from)));
}

// ---- texts and differences ------------------------------------------------------------------

std::string Redactor::text(std::string_view text) const {
  if (policy_->mode() == RedactionMode::rules) return value(text);
  if (policy_->mode() == RedactionMode::names_only) return {};
  std::string out;
  std::string_view separator;
  while (!text.empty()) {
    const std::string_view line = take_piece(text, "\n", separator);
    if (!line.empty()) out.append(stand_in(line));
    out.append(separator);
  }
  return out;
}

Difference Redactor::difference(const Difference& found, Settled settled, ContentKind kind) const {
  Difference out = found;
  const bool ruled = policy_->mode() == RedactionMode::rules;
  out.path = without_matches(found.path);
  // Names that are one of many stand in the exact place, but not in the normalised one.
  out.where = ruled || !found.where.starts_with('$') ? without_matches(found.where) : out.path;
  // What kind of body it was, or why it could not be decoded.
  if (found.path == "body" && found.kind == Kind::type) return out;
  const bool computable = kind == ContentKind::multipart && is_digest_of_file(found.path);
  out.left = computable ? hidden(found.left) : shown(found.path, found.left, settled);
  out.right = computable ? hidden(found.right) : shown(found.path, found.right, settled);
  return out;
}

std::string Redactor::shown(std::string_view path, std::string_view text, Settled settled) const {
  if (text.empty() || path == "status" || path == "outcome") return std::string(text);
  const auto place = PathPattern::parse(path);
  const bool ruled = policy_->mode() == RedactionMode::rules;
  if (!ruled || !place || place->area == Area::cookie) return hidden(text);
  // A match that was cut off would not be found.
  if (text.ends_with(kMore) && (!policy_->expressions().empty() || is_cut_before_host(text))) {
    return hidden(text);
  }
  if (place->area == Area::header || place->area == Area::trailer) {
    return header(place->name, text);
  }
  return hides(*place, text, settled) ? hidden(text) : value(text);
}

// The differ shows values of trees as JSON.
std::string Redactor::hidden(std::string_view text) const {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
    std::string plain(text.size(), '\0');
    const auto size = unescape_json(text.substr(1, text.size() - 2), plain.data());
    if (size) return stand_in({plain.data(), *size});
  }
  if (text == "true" || text == "false" || text == "null") {
    return stand_in(NodeKind::boolean, text);
  }
  return stand_in(Decimal::parse(text) ? NodeKind::number : NodeKind::string, text);
}

bool Redactor::hides(const PathPattern& place, std::string_view text, Settled settled) const {
  if (policy_->covers_bodies()) return true;
  if (place.area == Area::body) {
    // A digest is one that anybody can compute, and a line may be one of a broken tree.
    return settled != Settled::text || !policy_->trees().empty() ||
           text.find_first_of("{[<") != std::string_view::npos;
  }
  // What is shown of an array or object may hold what rules name further down.
  if (text.starts_with('{') || text.starts_with('[')) return true;
  TreeMasks masks(policy_->trees());
  // A secret's name may stand beside it: {"name": "password", "value": "x"}.
  bool secret =
      masks.matched() || (!place.steps.empty() && place.steps.back().kind == PathStep::Kind::name &&
                          RedactionPolicy::is_value_name(place.steps.back().name));
  for (const PathStep& step : place.steps) {
    if (step.kind == PathStep::Kind::name) {
      secret = secret || policy_->covers_field(step.name);
      masks = masks.member(step.name);
    } else if (step.kind == PathStep::Kind::index) {
      masks = masks.element(step.index);
    } else {
      masks = masks.anything();
    }
    secret = secret || masks.matched();
  }
  return secret;
}

}  // namespace gnomon::compare
