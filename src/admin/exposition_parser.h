// For tests: reads an exposition as strictly as the formats are written down, and more strictly
// than Prometheus itself does.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/exposition.h"

namespace gnomon::admin::testing {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct Family {
  std::string type;
  std::string help;
  std::vector<Sample> samples;
};

class ExpositionParser {
 public:
  // Reads all of it; what is wrong is in errors().
  ExpositionParser(std::string_view text, ExpositionFormat format);

  const std::vector<std::string>& errors() const noexcept { return errors_; }
  const std::map<std::string, Family>& families() const noexcept { return families_; }
  // The value of one series, or -1 where there is none. "a=b,c=d" names its labels, in any order.
  double value(const std::string& name, const std::string& labels = "") const;

 private:
  void fail(std::string what);
  void read_line(std::string_view line);
  void read_comment(std::string_view line);
  void read_sample(std::string_view line);
  bool read_labels(std::string_view& rest, std::map<std::string, std::string>& labels);
  bool read_label_value(std::string_view& rest, std::string& value);
  void check_sample(const Sample& sample);
  void check_histograms();
  void check_one_histogram(const std::string& name, const std::vector<const Sample*>& samples);

  const ExpositionFormat format_;
  std::map<std::string, Family> families_;
  std::map<std::string, double> series_;  // name and sorted labels
  std::string current_;                   // the family that samples belong to
  std::string helped_;                    // the family whose HELP came last
  bool ended_ = false;                    // # EOF has been seen
  size_t line_ = 0;
  std::vector<std::string> errors_;
};

}  // namespace gnomon::admin::testing
