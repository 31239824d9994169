#include "admin/exposition_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace gnomon::admin::testing {
namespace {

bool is_name(std::string_view text, bool colons) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '_' && !(colons && c == ':')) return false;
  }
  return true;
}

bool parse_number(std::string_view text, double& out) {
  if (text == "+Inf") {
    out = std::numeric_limits<double>::infinity();
    return true;
  }
  if (text.empty() || text[0] == 'i' || text[0] == 'n') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::string series_key(const std::string& name, const std::map<std::string, std::string>& labels) {
  std::string key = name + "{";
  for (const auto& [label, value] : labels) key += fmt::format("{}={},", label, value);
  return key + "}";
}

std::map<std::string, std::string> split_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    labels[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return labels;
}

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

}  // namespace

ExpositionParser::ExpositionParser(std::string_view text, ExpositionFormat format)
    : format_(format) {
  if (!text.ends_with('\n')) fail("the last line has no line feed");
  while (!text.empty()) {
    ++line_;
    const size_t end = std::min(text.find('\n'), text.size());
    read_line(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  if (format_ == ExpositionFormat::open_metrics && !ended_) fail("no # EOF");
  check_histograms();
}

double ExpositionParser::value(const std::string& name, const std::string& labels) const {
  const auto at = series_.find(series_key(name, split_labels(labels)));
  return at == series_.end() ? -1 : at->second;
}

void ExpositionParser::fail(std::string what) {
  errors_.push_back(fmt::format("line {}: {}", line_, what));
}

void ExpositionParser::read_line(std::string_view line) {
  if (ended_) return fail("something after # EOF");
  if (line.empty()) return fail("empty line");
  if (line[0] == '#') return read_comment(line);
  read_sample(line);
}

void ExpositionParser::read_comment(std::string_view line) {
  std::string_view rest = line;
  take_word(rest);
  const std::string_view keyword = take_word(rest);
  if (keyword == "EOF" && rest.empty() && format_ == ExpositionFormat::open_metrics) {
    ended_ = true;
    return;
  }
  const std::string name(take_word(rest));
  if (!is_name(name, true)) return fail("bad family name " + name);
  if (keyword == "HELP") {
    if (families_.contains(name)) return fail("family comes twice: " + name);
    if (rest.empty()) return fail("no help for " + name);
    helped_ = name;
    families_[name].help = rest;
  } else if (keyword == "TYPE") {
    if (helped_ != name) return fail("TYPE without its HELP: " + name);
    if (!families_[name].type.empty()) return fail("TYPE comes twice: " + name);
    families_[name].type = rest;
    current_ = name;
  } else {
    fail("unknown comment");
  }
}

void ExpositionParser::read_sample(std::string_view line) {
  Sample sample;
  std::string_view rest = line;
  sample.name = rest.substr(0, rest.find_first_of("{ "));
  rest.remove_prefix(sample.name.size());
  if (!is_name(sample.name, true)) return fail("bad metric name " + sample.name);
  if (rest.starts_with('{') && !read_labels(rest, sample.labels)) return;
  if (!rest.starts_with(' ')) return fail("no space before the value");
  rest.remove_prefix(1);
  if (!parse_number(rest, sample.value)) return fail("bad value " + std::string(rest));
  check_sample(sample);
  if (!series_.emplace(series_key(sample.name, sample.labels), sample.value).second) {
    return fail("series comes twice");
  }
  families_[current_].samples.push_back(std::move(sample));
}

bool ExpositionParser::read_labels(std::string_view& rest,
                                   std::map<std::string, std::string>& labels) {
  rest.remove_prefix(1);
  for (;;) {
    const std::string name(rest.substr(0, rest.find('=')));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (!is_name(name, false)) return fail("bad label name " + name), false;
    std::string value;
    if (!read_label_value(rest, value)) return false;
    if (!labels.emplace(name, value).second) return fail("label comes twice: " + name), false;
    if (rest.starts_with('}')) break;
    if (!rest.starts_with(',')) return fail("no comma between labels"), false;
    rest.remove_prefix(1);
  }
  rest.remove_prefix(1);
  return true;
}

bool ExpositionParser::read_label_value(std::string_view& rest, std::string& value) {
  if (!rest.starts_with('"')) return fail("label value without quotes"), false;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] != '\\') {
      value += rest[i];
      continue;
    }
    ++i;
    if (i == rest.size() || (rest[i] != '\\' && rest[i] != '"' && rest[i] != 'n')) {
      return fail("unknown escape"), false;
    }
    value += rest[i] == 'n' ? '\n' : rest[i];
  }
  return fail("label value does not end"), false;
}

void ExpositionParser::check_sample(const Sample& sample) {
  if (current_.empty()) return fail("sample before any TYPE");
  const std::string& type = families_[current_].type;
  const bool suffixed = format_ == ExpositionFormat::open_metrics;
  const auto named = [&](std::string_view suffix) {
    return sample.name == current_ + std::string(suffix);
  };
  if (type == "counter") {
    if (!(suffixed ? named("_total") : named("") && current_.ends_with("_total"))) {
      fail("counter sample " + sample.name + " in family " + current_);
    }
    if (!(sample.value >= 0)) fail("negative counter");
  } else if (type == "histogram") {
    if (!named("_bucket") && !named("_sum") && !named("_count")) fail("not of a histogram");
    if (named("_bucket") != sample.labels.contains("le")) fail("le where it does not belong");
    if (!(sample.value >= 0)) fail("negative histogram");
  } else if (type == "info" && suffixed) {
    if (!named("_info") || sample.value != 1) fail("bad info " + sample.name);
  } else if (type == "gauge") {
    if (!named("")) fail("gauge sample " + sample.name + " in family " + current_);
  } else {
    fail("unknown type " + type);
  }
}

void ExpositionParser::check_histograms() {
  for (const auto& [name, family] : families_) {
    if (family.type.empty()) fail("no TYPE for " + name);
    if (family.type != "histogram") continue;
    std::map<std::string, std::vector<const Sample*>> by_labels;
    for (const Sample& sample : family.samples) {
      std::map<std::string, std::string> labels = sample.labels;
      labels.erase("le");
      by_labels[series_key(name, labels)].push_back(&sample);
    }
    for (const auto& [key, samples] : by_labels) check_one_histogram(name, samples);
  }
}

void ExpositionParser::check_one_histogram(const std::string& name,
                                           const std::vector<const Sample*>& samples) {
  double bound = -1;
  double below = 0;
  double count = -1;
  bool has_sum = false;
  for (const Sample* sample : samples) {
    if (sample->name == name + "_bucket") {
      const std::string& text = sample->labels.at("le");
      double le = 0;
      if (!parse_number(text, le)) fail("bad le " + text);
      if (format_ == ExpositionFormat::open_metrics &&
          text.find_first_of(".eI") == std::string::npos) {
        fail("le is not a floating-point number: " + text);
      }
      if (le <= bound || sample->value < below) fail("buckets of " + name + " are not cumulative");
      bound = le;
      below = sample->value;
    }
    if (sample->name == name + "_count") count = sample->value;
    if (sample->name == name + "_sum") has_sum = true;
  }
  if (!std::isinf(bound)) fail(name + " has no +Inf bucket");
  if (count != below || !has_sum) fail(name + ": count, sum and +Inf disagree");
}

namespace {

size_t errors_in(std::string_view text, ExpositionFormat format = ExpositionFormat::prometheus) {
  return ExpositionParser(text, format).errors().size();
}

// The parser judges the metrics in other tests, so it is shown to refuse what it must refuse.
TEST(ExpositionParser, refuses_what_the_formats_forbid) {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  EXPECT_EQ(errors_in(head + "a_total 1\n"), 0u);
  EXPECT_EQ(errors_in(head + "a_total{b=\"c\\\\\\\"\\n\"} 1.5\n"), 0u);
  for (const char* bad :
       {"a_total 1", "a_total 1\n\n", "a_total  1\n", "a_total x\n", "a_total nan\n",
        "a_total -1\n", "a_total{} 1\n", "a_total{b=\"\\t\"} 1\n", "a_total{b=\"c} 1\n",
        "a_total{b=c} 1\n", "a_total{1b=\"c\"} 1\n", "a_total{b=\"c\",b=\"d\"} 1\n",
        "a_total{b=\"c\"}1\n", "b_total 1\n", "a_total 1\na_total 2\n",
        "a_total 1\n# HELP a_total x\n", "# what\n"}) {
    EXPECT_GT(errors_in(head + bad), 0u) << bad;
  }
  EXPECT_GT(errors_in("a 1\n"), 0u);
  EXPECT_GT(errors_in("# TYPE a gauge\na 1\n"), 0u);
  EXPECT_GT(errors_in("# HELP a x\na 1\n"), 0u);
}

TEST(ExpositionParser, refuses_open_metrics_without_an_end) {
  const std::string text = "# HELP a x\n# TYPE a counter\na_total 1\n";
  EXPECT_EQ(errors_in(text + "# EOF\n", ExpositionFormat::open_metrics), 0u);
  EXPECT_GT(errors_in(text, ExpositionFormat::open_metrics), 0u);
  EXPECT_GT(errors_in(text + "# EOF\n# EOF\n", ExpositionFormat::open_metrics), 0u);
}

TEST(ExpositionParser, refuses_histograms_that_do_not_add_up) {
  const std::string head = "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\n";
  EXPECT_EQ(errors_in(head + "h_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n"), 0u);
  EXPECT_GT(errors_in(head + "h_bucket{le=\"+Inf\"} 1\nh_sum 4\nh_count 1\n"), 0u);
  EXPECT_GT(errors_in(head + "h_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 4\n"), 0u);
  EXPECT_GT(errors_in(head + "h_sum 4\nh_count 2\n"), 0u);
  EXPECT_GT(errors_in(head + "h_bucket{le=\"+Inf\"} 3\nh_count 3\n"), 0u);
}

}  // namespace
}  // namespace gnomon::admin::testing
