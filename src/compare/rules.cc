#include "compare/rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cmath>
#include <limits>

#include "compare/decimal.h"
#include "msg/headers.h"

namespace gnomon::compare {
namespace {

constexpr std::string_view kUsuallyIgnored[] = {
    "age",
    "alt-svc",
    "connection",
    "content-length",  // the bodies themselves are compared
    "date",
    "keep-alive",
    "nel",
    "report-to",
    "server-timing",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "via",
    "x-envoy-upstream-service-time",
    "x-request-id",
    "x-response-time",
    "x-runtime",
};

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

bool within(double a, double b, const Rule& rule) noexcept {
  if (!std::isfinite(a) || !std::isfinite(b)) return false;
  const double larger = std::max(std::abs(a), std::abs(b));
  // 1.51 and 1.5 are 0.01 apart, though as doubles a little more.
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * larger;
  return std::abs(a - b) <= std::max(rule.absolute, rule.relative * larger) + rounding;
}

// In nanoseconds. The earliest and the latest time are further apart than a duration can be.
uint64_t apart(Time a, Time b) noexcept {
  const auto [earlier, later] = std::minmax({a, b});
  const auto count = [](Time at) { return static_cast<uint64_t>(at.time_since_epoch().count()); };
  return count(later) - count(earlier);
}

bool within_tolerance(const Rule& rule, std::string_view left, std::string_view right) noexcept {
  if (rule.time.count() != 0) {
    const auto a = parse_time(left);
    const auto b = parse_time(right);
    if (a && b) return apart(*a, *b) <= static_cast<uint64_t>(rule.time.count());
  }
  if (rule.absolute == 0 && rule.relative == 0) return false;
  const auto a = approximate(left);
  const auto b = approximate(right);
  return a && b && within(*a, *b, rule);
}

// Whether a rule that nobody wrote reaches further than one field.
bool is_broad(const PathPattern& path) noexcept {
  if (path.area != Area::tree) return path.prefix || path.area == Area::body;
  return path.steps.empty() || path.steps.back().kind == PathStep::Kind::any ||
         std::ranges::any_of(
             path.steps, [](const PathStep& step) { return step.kind == PathStep::Kind::descend; });
}

constexpr uint32_t actions(std::initializer_list<RuleAction> list) noexcept {
  uint32_t bits = 0;
  for (const RuleAction action : list) bits |= 1U << static_cast<uint32_t>(action);
  return bits;
}

uint32_t actions_of(Area area) noexcept {
  using enum RuleAction;
  switch (area) {
    case Area::tree:
      return ~0U;
    case Area::body:
    case Area::status:
      return actions({ignore, regex});
    case Area::header:
    case Area::trailer:
    case Area::cookie:
      break;
  }
  return actions({ignore, ignore_value, tolerance, set, value_class, regex, subset});
}

// Turns a rule as it was written into one that can be asked.
class Compiler {
 public:
  Compiler(size_t index, const RuleSpec& spec) : index_(index), spec_(spec) {}

  std::expected<Rule, RuleError> compile() {
    auto path = PathPattern::parse(spec_.path);
    if (!path) return error("path", path.error().column, path.error().message);
    rule_.path = std::move(*path);
    rule_.action = spec_.action;
    if ((actions_of(rule_.path.area) & actions({spec_.action})) == 0) {
      return error("path", 1, "a rule of this kind cannot be about this place");
    }
    if (spec_.automatic && !may_be_automatic()) {
      return error("", 1,
                   "a rule that was learnt may excuse values of one field only, never what "
                   "is there and what is not");
    }
    return fill();
  }

 private:
  std::unexpected<RuleError> error(std::string_view field, size_t column,
                                   std::string message) const {
    return std::unexpected(RuleError{index_, field, column, std::move(message)});
  }

  bool may_be_automatic() const noexcept {
    return rule_.action != RuleAction::ignore && rule_.action != RuleAction::subset &&
           rule_.path.area != Area::status && !is_broad(rule_.path);
  }

  std::expected<Rule, RuleError> fill() {
    switch (spec_.action) {
      case RuleAction::tolerance:
        return tolerance();
      case RuleAction::keyed:
        return keys();
      case RuleAction::regex:
        return regex();
      case RuleAction::value_class:
        rule_.value_class = spec_.value_class;
        break;
      case RuleAction::ignore:
      case RuleAction::ignore_value:
      case RuleAction::set:
      case RuleAction::subset:
        break;
    }
    return std::move(rule_);
  }

  std::expected<Rule, RuleError> tolerance() {
    const bool good = spec_.absolute >= 0 && spec_.relative >= 0 && spec_.time.count() >= 0 &&
                      std::isfinite(spec_.absolute) && spec_.relative <= 1;
    if (!good) return error("", 1, "a tolerance is not negative, and a relative one at most 1");
    if (spec_.absolute == 0 && spec_.relative == 0 && spec_.time.count() == 0) {
      return error("", 1, "a tolerance needs an absolute, a relative or a time amount");
    }
    rule_.absolute = spec_.absolute;
    rule_.relative = spec_.relative;
    constexpr auto kLongest =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds::max());
    rule_.time = std::min(spec_.time, kLongest);
    return std::move(rule_);
  }

  std::expected<Rule, RuleError> keys() {
    if (spec_.keys.empty()) return error("keys", 1, "needs the name of a member");
    for (const std::string& key : spec_.keys) {
      const bool from_root = key.starts_with('$');
      const auto path = PathPattern::parse(from_root ? key : "$." + key);
      const size_t added = from_root ? 0 : 2;
      if (!path) {
        return error("keys", path.error().column - std::min(added, path.error().column - 1),
                     path.error().message);
      }
      std::vector<std::string> way;
      for (const PathStep& step : path->steps) {
        if (step.kind != PathStep::Kind::name) return error("keys", 1, "may only name members");
        way.push_back(step.name);
      }
      rule_.keys.push_back(std::move(way));
    }
    return std::move(rule_);
  }

  std::expected<Rule, RuleError> regex() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    rule_.regex = std::make_shared<const re2::RE2>(piece(spec_.pattern), options);
    if (rule_.regex->ok()) return std::move(rule_);
    const size_t at = spec_.pattern.find(rule_.regex->error_arg());
    return error("pattern", at == spec_.pattern.npos ? 1 : at + 1, rule_.regex->error());
  }

  const size_t index_;
  const RuleSpec& spec_;
  Rule rule_;
};

bool name_matches(std::string_view pattern, std::string_view name) noexcept {
  if (!pattern.ends_with('*')) return equals_ignore_case(pattern, name);
  pattern.remove_suffix(1);
  return name.size() >= pattern.size() &&
         equals_ignore_case(pattern, name.substr(0, pattern.size()));
}

}  // namespace

bool Rule::excuses(std::string_view left, std::string_view right) const noexcept {
  switch (action) {
    case RuleAction::ignore:
    case RuleAction::ignore_value:
      return true;
    case RuleAction::tolerance:
      return within_tolerance(*this, left, right);
    case RuleAction::value_class:
      return is_of_class(left, value_class) && is_of_class(right, value_class);
    case RuleAction::regex:
      return re2::RE2::FullMatch(piece(left), *regex) && re2::RE2::FullMatch(piece(right), *regex);
    case RuleAction::set:
    case RuleAction::keyed:
    case RuleAction::subset:
      break;
  }
  return false;
}

bool Rule::may_excuse(std::string_view text) const noexcept {
  switch (action) {
    case RuleAction::ignore:
    case RuleAction::ignore_value:
      return true;
    case RuleAction::tolerance:
      return (time.count() != 0 && parse_time(text)) ||
             ((absolute != 0 || relative != 0) && approximate(text));
    case RuleAction::value_class:
      return is_of_class(text, value_class);
    case RuleAction::regex:
      return re2::RE2::FullMatch(piece(text), *regex);
    case RuleAction::set:
    case RuleAction::keyed:
    case RuleAction::subset:
      break;
  }
  return false;
}

double Rule::amount(std::string_view text) const noexcept {
  if (time.count() != 0) {
    if (const auto at = parse_time(text)) {
      return std::chrono::duration<double>(at->time_since_epoch()).count();
    }
  }
  const double value = approximate(text).value_or(0);
  return std::isfinite(value) ? value : 0;
}

void RuleHits::add(const RuleHits& other) noexcept {
  for (size_t i = 0; i < counts_.size() && i < other.counts_.size(); ++i) {
    counts_[i].selected += other.counts_[i].selected;
    counts_[i].excused += other.counts_[i].excused;
  }
}

bool RuleHits::should_look(std::span<const uint32_t> rules) noexcept {
  const bool unseen =
      looks_ < kLooksMax &&
      std::ranges::any_of(rules, [this](uint32_t rule) { return counts_[rule].selected == 0; });
  if (unseen) ++looks_;
  return unseen;
}

bool Rules::ignores_header(std::string_view name) const noexcept {
  const auto is_it = [name](std::string_view pattern) { return name_matches(pattern, name); };
  if (options_ == nullptr) return std::ranges::any_of(kUsuallyIgnored, is_it);
  return (options_->ignore_usual_headers && std::ranges::any_of(kUsuallyIgnored, is_it)) ||
         std::ranges::any_of(options_->ignore_headers, is_it);
}

std::expected<RuleBook, RuleError> RuleBook::compile(std::span<const RuleSpec> specs,
                                                     const RuleOptions& options) {
  auto all = std::make_shared<std::vector<Rule>>();
  for (size_t i = 0; i < specs.size(); ++i) {
    auto rule = Compiler(i, specs[i]).compile();
    if (!rule) return std::unexpected(std::move(rule.error()));
    all->push_back(std::move(*rule));
  }
  RuleBook book;
  book.general_.all_ = all;
  book.general_.options_ = std::make_shared<const RuleOptions>(options);
  for (const RuleSpec& spec : specs) {
    if (!spec.endpoint.empty()) book.special_.try_emplace(spec.endpoint, book.general_);
  }
  for (uint32_t i = 0; i < specs.size(); ++i) {
    const auto area = static_cast<size_t>((*all)[i].path.area);
    if (specs[i].endpoint.empty()) book.general_.areas_[area].push_back(i);
    for (auto& [endpoint, rules] : book.special_) {
      if (specs[i].endpoint.empty() || specs[i].endpoint == endpoint) {
        rules.areas_[area].push_back(i);
      }
    }
  }
  return book;
}

const Rules& RuleBook::for_endpoint(std::string_view endpoint) const noexcept {
  const auto found = special_.find(endpoint);
  return found == special_.end() ? general_ : found->second;
}

std::span<const std::string_view> usually_ignored_headers() noexcept { return kUsuallyIgnored; }

}  // namespace gnomon::compare
