#include "routing/regex.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

namespace gnomon::routing {
namespace {

// The states that a set has met are kept up to this much memory, and then forgotten.
constexpr int64_t kSetBytesMin = 8 << 20;
constexpr int64_t kSetBytesPerRegex = 8 << 10;
// A new state costs work for every expression that is still in the race. A sender of long texts
// that lead to ever new states should not be able to ask for it at each byte.
constexpr size_t kSetTextBytesMax = 1024;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

re2::RE2::Options quiet_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

Compiled compile_regex(std::string_view pattern) {
  auto regex = std::make_shared<const re2::RE2>(piece(pattern), quiet_options());
  if (regex->ok()) return {std::move(regex), {}};
  return {nullptr, regex->error()};
}

// All texts between two that share a beginning share it too, so the ends of the range of possible
// matches tell.
std::string literal_beginning(const re2::RE2& regex) {
  constexpr int kBytesMax = 128;
  std::string min;
  std::string max;
  if (!regex.PossibleMatchRange(&min, &max, kBytesMax)) return {};
  const auto [end, unused] = std::ranges::mismatch(min, max);
  return {min.begin(), end};
}

std::string substitution_problem(const re2::RE2& regex, std::string_view substitution) {
  std::string problem;
  regex.CheckRewriteString(substitution, &problem);
  return problem;
}

std::string replace_all(const re2::RE2& regex, std::string_view text,
                        std::string_view substitution) {
  std::string out(text);
  re2::RE2::GlobalReplace(&out, regex, substitution);
  return out;
}

bool matches_fully(const re2::RE2& regex, std::string_view text) {
  return re2::RE2::FullMatch(piece(text), regex);
}

struct RegexSet::Machine {
  explicit Machine(const re2::RE2::Options& options) : set(options, re2::RE2::ANCHOR_BOTH) {}
  re2::RE2::Set set;
};

RegexSet::RegexSet(std::span<const RegexPtr> regexes) : regexes_(regexes.begin(), regexes.end()) {
  re2::RE2::Options options = quiet_options();
  options.set_max_mem(kSetBytesMin + kSetBytesPerRegex * static_cast<int64_t>(regexes_.size()));
  auto machine = std::make_unique<Machine>(options);
  for (const RegexPtr& regex : regexes_) {
    if (machine->set.Add(regex->pattern(), nullptr) < 0) return;
  }
  if (machine->set.Compile()) machine_ = std::move(machine);
}

RegexSet::~RegexSet() = default;

std::vector<uint32_t> RegexSet::matches(std::string_view text) const {
  std::vector<int> found;
  re2::RE2::Set::ErrorInfo error{re2::RE2::Set::kNoError};
  const bool asked = machine_ != nullptr && text.size() <= kSetTextBytesMax;
  if (asked) machine_->set.Match(piece(text), &found, &error);
  if (asked && error.kind == re2::RE2::Set::kNoError) {
    std::ranges::sort(found);
    return {found.begin(), found.end()};
  }
  std::vector<uint32_t> one_by_one;
  for (uint32_t i = 0; i < regexes_.size(); ++i) {
    if (matches_fully(*regexes_[i], text)) one_by_one.push_back(i);
  }
  return one_by_one;
}

}  // namespace gnomon::routing
