// Writes metrics in the two text formats that Prometheus reads.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/counter.h"

namespace gnomon::admin {

enum class ExpositionFormat : uint8_t {
  prometheus,    // text format 0.0.4
  open_metrics,  // OpenMetrics 1.0
};

// What to answer to an Accept field: OpenMetrics only where it is asked for by name.
ExpositionFormat negotiate_format(std::string_view accept);
std::string_view content_type(ExpositionFormat format) noexcept;

enum class MetricType : uint8_t { counter, gauge, histogram, info };

struct Label {
  std::string_view name;
  std::string_view value;  // any bytes
};

// One or more DurationHistograms added up.
struct HistogramSum {
  std::array<uint64_t, DurationHistogram::kBounds.size() + 1> buckets{};
  double sum_seconds = 0;

  void add(const DurationHistogram& histogram) noexcept;
};

class Exposition {
 public:
  explicit Exposition(ExpositionFormat format) : format_(format) {}

  // Begins a family; the samples that follow belong to it. The names of counters come without their
  // "_total", the names of infos without their "_info". Views must stay valid until the next call.
  void family(std::string_view name, MetricType type, std::string_view help);
  void sample(std::initializer_list<Label> labels, std::integral auto value) {
    write_sample(suffix(), labels, {}, std::to_string(value));
  }
  void sample(std::initializer_list<Label> labels, double value);
  void histogram(std::initializer_list<Label> labels, const HistogramSum& values);
  // The whole text; nothing may follow.
  std::string finish();

 private:
  std::string_view suffix() const noexcept;
  void write_sample(std::string_view suffix, std::initializer_list<Label> labels,
                    const Label& last_label, std::string_view value);

  const ExpositionFormat format_;
  std::string_view name_;
  MetricType type_ = MetricType::gauge;
  std::string out_;
};

}  // namespace gnomon::admin
