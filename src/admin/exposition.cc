#include "admin/exposition.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>

#include "msg/headers.h"

namespace gnomon::admin {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view trim(std::string_view text) noexcept {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Cuts the part before `separator` off the front of `rest`.
std::string_view cut(std::string_view& rest, char separator) noexcept {
  const size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return trim(part);
}

// The quality of one element of Accept (RFC 9110 section 12.4.2); 0 is "not acceptable".
double quality(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    std::string_view parameter = cut(parameters, ';');
    if (!equals_ignore_case(cut(parameter, '='), "q")) continue;
    double q = 0;
    const char* begin = parameter.data();
    const char* end = begin + parameter.size();
    const auto [stop, error] = std::from_chars(begin, end, q);
    return error == std::errc() && stop == end && q >= 0 && q <= 1 ? q : 0;
  }
  return 1;
}

// HELP lines escape backslash and line feed; label values the quote as well.
void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quoted && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// OpenMetrics wants every bound to look like a floating-point number.
std::string bound_text(double bound, ExpositionFormat format) {
  std::string text = fmt::format("{:g}", bound);
  const bool integral = text.find_first_of(".e") == std::string::npos;
  if (format == ExpositionFormat::open_metrics && integral) text += ".0";
  return text;
}

constexpr std::string_view type_name(MetricType type, ExpositionFormat format) noexcept {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
    case MetricType::info:
      return format == ExpositionFormat::open_metrics ? "info" : "gauge";
  }
  return "gauge";
}

}  // namespace

ExpositionFormat negotiate_format(std::string_view accept) {
  double open_metrics = 0;
  double text = 0;
  while (!accept.empty()) {
    std::string_view element = cut(accept, ',');
    const std::string_view type = cut(element, ';');
    if (equals_ignore_case(type, "application/openmetrics-text")) {
      open_metrics = std::max(open_metrics, quality(element));
    } else if (equals_ignore_case(type, "text/plain")) {
      text = std::max(text, quality(element));
    }
  }
  return open_metrics > 0 && open_metrics >= text ? ExpositionFormat::open_metrics
                                                  : ExpositionFormat::prometheus;
}

std::string_view content_type(ExpositionFormat format) noexcept {
  return format == ExpositionFormat::open_metrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void HistogramSum::add(const DurationHistogram& histogram) noexcept {
  for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += histogram.bucket(i);
  sum_seconds += histogram.sum_seconds();
}

// The older format names a family as its samples are named; OpenMetrics leaves the suffix out.
void Exposition::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  type_ = type;
  const std::string_view shown = format_ == ExpositionFormat::prometheus ? suffix() : "";
  fmt::format_to(std::back_inserter(out_), "# HELP {}{} ", name, shown);
  append_escaped(out_, help, format_ == ExpositionFormat::open_metrics);
  fmt::format_to(std::back_inserter(out_), "\n# TYPE {}{} {}\n", name, shown,
                 type_name(type, format_));
}

std::string_view Exposition::suffix() const noexcept {
  if (type_ == MetricType::counter) return "_total";
  if (type_ == MetricType::info) return "_info";
  return "";
}

void Exposition::write_sample(std::string_view suffix, std::initializer_list<Label> labels,
                              const Label& last_label, std::string_view value) {
  out_ += name_;
  out_ += suffix;
  char before = '{';
  const auto append_label = [&](const Label& label) {
    out_ += before;
    out_ += label.name;
    out_ += "=\"";
    append_escaped(out_, label.value, true);
    out_ += '"';
    before = ',';
  };
  for (const Label& label : labels) append_label(label);
  if (!last_label.name.empty()) append_label(last_label);
  if (before == ',') out_ += '}';
  out_ += ' ';
  out_ += value;
  out_ += '\n';
}

void Exposition::sample(std::initializer_list<Label> labels, double value) {
  write_sample(suffix(), labels, {}, number_text(value));
}

void Exposition::histogram(std::initializer_list<Label> labels, const HistogramSum& values) {
  uint64_t count = 0;
  for (size_t i = 0; i < values.buckets.size(); ++i) {
    count += values.buckets[i];
    const bool last = i == DurationHistogram::kBounds.size();
    const std::string bound = last ? "+Inf" : bound_text(DurationHistogram::kBounds[i], format_);
    write_sample("_bucket", labels, {"le", bound}, std::to_string(count));
  }
  write_sample("_sum", labels, {}, number_text(values.sum_seconds));
  write_sample("_count", labels, {}, std::to_string(count));
}

std::string Exposition::finish() {
  if (format_ == ExpositionFormat::open_metrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace gnomon::admin
