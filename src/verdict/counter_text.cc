#include "verdict/counter_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <initializer_list>

namespace gnomon::verdict {
namespace {

constexpr std::string_view kHead = "gnomon-counters 1";

// A name is the last thing on its line, so only what ends a line needs an escape.
void append_name(std::string& out, std::string_view name) {
  for (const char c : name) {
    if (c == '\\' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
}

void append(std::string& out, std::string_view word, std::initializer_list<uint64_t> numbers) {
  out += word;
  for (const uint64_t n : numbers) out += fmt::format(" {}", n);
  out += '\n';
}

void append_named(std::string& out, std::string_view word, std::initializer_list<uint64_t> numbers,
                  std::string_view name) {
  append(out, word, numbers);
  out.back() = ' ';
  append_name(out, name);
  out += '\n';
}

void append_pairs(std::string& out, std::string_view word, const Pairs& pairs) {
  append(out, word, {pairs.n, pairs.lost.candidate, pairs.lost.control, pairs.lost.both});
}

void append_times(std::string& out, uint64_t measure, uint64_t kind, uint64_t arm,
                  const Histogram& times) {
  const auto& buckets = times.buckets();
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] > 0) append(out, "times", {measure, kind, arm, i, buckets[i]});
  }
}

void append_latency(std::string& out, uint64_t measure, const Latency& latency) {
  const Discordance& exceeded = latency.exceeded;
  append(out, "latency",
         {measure, latency.slower, latency.rest, latency.exceeded_n, exceeded.candidate,
          exceeded.control, exceeded.both});
  for (uint64_t kind = 0; kind < kAnswerClasses; ++kind) {
    const Latency::Arms& arms = latency.arms(static_cast<AnswerClass>(kind));
    append(out, "threshold", {measure, kind, arms.threshold_us});
    append_times(out, measure, kind, 0, arms.candidate);
    append_times(out, measure, kind, 1, arms.control);
    append_times(out, measure, kind, 2, arms.recent);
  }
}

// One line: a word, then numbers, then perhaps a name. Reads until something is missing.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {
    word_ = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word_.size());
  }

  std::string_view word() const noexcept { return word_; }
  uint64_t number() {
    uint64_t n = 0;
    if (!rest_.starts_with(' ')) return fail();
    const auto [end, error] = std::from_chars(rest_.data() + 1, rest_.data() + rest_.size(), n);
    if (error != std::errc{}) return fail();
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return n;
  }
  uint64_t number_below(uint64_t bound) {
    const uint64_t n = number();
    return n < bound ? n : fail();
  }
  std::string name() {
    if (!rest_.starts_with(' ')) fail();
    std::string name;
    for (size_t i = 1; i < rest_.size(); ++i) {
      const bool escaped = rest_[i] == '\\' && i + 1 < rest_.size();
      if (escaped) ++i;
      name += escaped && rest_[i] == 'n' ? '\n' : rest_[i];
    }
    rest_ = {};
    return name;
  }
  // Everything asked for was there, and nothing more.
  bool good() const noexcept { return good_ && rest_.empty(); }

 private:
  uint64_t fail() noexcept {
    good_ = false;
    return 0;
  }

  std::string_view word_;
  std::string_view rest_;
  bool good_ = true;
};

Discordance read_discordance(Line& line) {
  Discordance d;
  d.candidate = line.number();
  d.control = line.number();
  d.both = line.number();
  return d;
}

Latency& measure_of(Line& line, Counters& counters) {
  return line.number_below(2) == 0 ? counters.first_byte : counters.total;
}

Latency::Arms& arms_of(Line& line, Latency& latency) {
  return latency.arms(static_cast<AnswerClass>(line.number_below(kAnswerClasses)));
}

void read_latency(Line& line, Counters& counters) {
  Latency& latency = measure_of(line, counters);
  latency.slower = line.number();
  latency.rest = line.number();
  latency.exceeded_n = line.number();
  latency.exceeded = read_discordance(line);
}

void read_times(Line& line, Counters& counters) {
  Latency::Arms& arms = arms_of(line, measure_of(line, counters));
  const std::array<Histogram*, 3> all = {&arms.candidate, &arms.control, &arms.recent};
  Histogram& times = *all[line.number_below(all.size())];
  const uint64_t bucket = line.number_below(Histogram::bucket_of(Histogram::kMost) + 1);
  times.add(Histogram::low_of(bucket), line.number());
}

Pairs* pairs_named(std::string_view word, Counters& counters) {
  if (word == "errors_to_live") return &counters.errors_to_live;
  if (word == "errors_to_control") return &counters.errors_to_control;
  if (word == "differing") return &counters.differing;
  if (word == "differing_to_control") return &counters.differing_to_control;
  return nullptr;
}

void read_endpoint(Line& line, Counters& counters) {
  EndpointCount count;
  count.sampled = line.number();
  count.compared = line.number();
  count.differed = line.number();
  count.failed = line.number();
  counters.endpoints.at(line.name()) += count;
}

void read_failures(Line& line, Counters& counters) {
  EndpointCount count;
  count.failed_to_control = line.number();
  count.failures.candidate = line.number();
  count.failures.live = line.number();
  count.failures.control = line.number();
  counters.endpoints.at(line.name()) += count;
}

void read_named(Line& line, std::array<Tally, kLegs>& legs) {
  Tally& leg = legs[line.number_below(kLegs)];
  const uint64_t times = line.number();
  leg.add(line.name(), times);
}

bool read_requests(Line& line, Counters& counters) {
  const std::optional<DistinctCount> read = DistinctCount::from_text(line.name());
  if (read) counters.requests += *read;
  return read.has_value();
}

void read_client(Line& line, Counters& counters) {
  const uint64_t group = line.number_below(ClientShares::kGroups);
  counters.clients.add_to(group, line.number());
}

void read_unattributed(Line& line, Counters& counters) {
  for (Doubts* const doubts : {&counters.failed_unattributed, &counters.differing_unattributed}) {
    doubts->to_live = line.number();
    doubts->to_control = line.number();
  }
}

bool read_line(std::string_view text, Counters& counters) {
  Line line(text);
  const std::string_view word = line.word();
  if (Pairs* const pairs = pairs_named(word, counters)) {
    pairs->n = line.number();
    pairs->lost = read_discordance(line);
  } else if (word == "seen") {
    counters.seen = line.number();
  } else if (word == "sampled") {
    counters.sampled = line.number();
  } else if (word == "unread") {
    counters.unread = line.number();
    counters.unread_to_control = line.number();
  } else if (word == "unattributed") {
    read_unattributed(line, counters);
  } else if (word == "tolerance") {
    counters.latency_tolerance_permille = static_cast<uint32_t>(line.number());
  } else if (word == "excluded") {
    const uint64_t times = line.number();
    counters.excluded.add(line.name(), times);
  } else if (word == "outcome") {
    read_named(line, counters.outcomes);
  } else if (word == "limit") {
    read_named(line, counters.limits);
  } else if (word == "endpoint") {
    read_endpoint(line, counters);
  } else if (word == "failures") {
    read_failures(line, counters);
  } else if (word == "endpoint_excluded") {
    const uint64_t times = line.number();
    counters.endpoints.at(line.name()).excluded += times;
  } else if (word == "endpoint_unread") {
    const uint64_t times = line.number();
    counters.endpoints.at(line.name()).unread_to_control += times;
  } else if (word == "requests") {
    if (!read_requests(line, counters)) return false;
  } else if (word == "client") {
    read_client(line, counters);
  } else if (word == "other_fields") {
    const Discordance other = read_discordance(line);
    counters.fields.restore_other(other, line.number());
  } else if (word == "latency") {
    read_latency(line, counters);
  } else if (word == "threshold") {
    Latency::Arms& arms = arms_of(line, measure_of(line, counters));
    arms.threshold_us = line.number();
  } else if (word == "times") {
    read_times(line, counters);
  } else {
    return false;
  }
  return line.good();
}

}  // namespace

std::string to_text(const Counters& counters) {
  std::string out(kHead);
  out += '\n';
  append(out, "seen", {counters.seen});
  append(out, "sampled", {counters.sampled});
  append(out, "tolerance", {counters.latency_tolerance_permille});
  append_pairs(out, "errors_to_live", counters.errors_to_live);
  append_pairs(out, "errors_to_control", counters.errors_to_control);
  append_pairs(out, "differing", counters.differing);
  append_pairs(out, "differing_to_control", counters.differing_to_control);
  if (counters.unread > 0) append(out, "unread", {counters.unread, counters.unread_to_control});
  const Doubts& failed = counters.failed_unattributed;
  const Doubts& differing = counters.differing_unattributed;
  if (failed != Doubts{} || differing != Doubts{}) {
    append(out, "unattributed",
           {failed.to_live, failed.to_control, differing.to_live, differing.to_control});
  }
  const Discordance& other = counters.fields.other();
  append(out, "other_fields",
         {other.candidate, other.control, other.both, counters.fields.unplaced()});
  for (const auto& [name, times] : counters.excluded.counts()) {
    append_named(out, "excluded", {times}, name);
  }
  for (uint64_t leg = 0; leg < kLegs; ++leg) {
    for (const auto& [name, times] : counters.outcomes[leg].counts()) {
      append_named(out, "outcome", {leg, times}, name);
    }
    for (const auto& [name, times] : counters.limits[leg].counts()) {
      append_named(out, "limit", {leg, times}, name);
    }
  }
  for (const auto& [name, count] : counters.endpoints.counts()) {
    append_named(out, "endpoint", {count.sampled, count.compared, count.differed, count.failed},
                 name);
    if (count.excluded > 0) append_named(out, "endpoint_excluded", {count.excluded}, name);
    if (count.unread_to_control > 0) {
      append_named(out, "endpoint_unread", {count.unread_to_control}, name);
    }
    const LegFailures& failures = count.failures;
    if (failures == LegFailures{}) continue;
    append_named(out, "failures",
                 {count.failed_to_control, failures.candidate, failures.live, failures.control},
                 name);
  }
  if (const std::string requests = counters.requests.text(); !requests.empty()) {
    append_named(out, "requests", {}, requests);
  }
  const auto& groups = counters.clients.groups();
  for (uint64_t i = 0; i < groups.size(); ++i) {
    if (groups[i] > 0) append(out, "client", {i, groups[i]});
  }
  append_latency(out, 0, counters.first_byte);
  append_latency(out, 1, counters.total);
  return out;
}

std::optional<Counters> from_text(std::string_view text) {
  Counters counters;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;  // cut
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first ? line != kHead : !read_line(line, counters)) return std::nullopt;
    first = false;
  }
  if (first) return std::nullopt;
  return counters;
}

}  // namespace gnomon::verdict
