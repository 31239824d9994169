#include "admin/exposition.h"

#include <gtest/gtest.h>

#include <limits>

#include "admin/exposition_parser.h"

namespace gnomon::admin {
namespace {

using testing::ExpositionParser;

TEST(Exposition, writes_the_older_text_format) {
  Exposition out(ExpositionFormat::prometheus);
  out.family("jobs", MetricType::counter, "Jobs done.");
  out.sample({}, 3u);
  out.sample({{"kind", "a"}, {"size", "b"}}, uint64_t{18446744073709551615u});
  out.family("heat", MetricType::gauge, "Heat.");
  out.sample({}, -1.5);
  out.family("thing", MetricType::info, "Thing.");
  out.sample({{"v", "1"}}, 1);
  EXPECT_EQ(out.finish(),
            "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\n"
            "jobs_total 3\njobs_total{kind=\"a\",size=\"b\"} 18446744073709551615\n"
            "# HELP heat Heat.\n# TYPE heat gauge\nheat -1.5\n"
            "# HELP thing_info Thing.\n# TYPE thing_info gauge\nthing_info{v=\"1\"} 1\n");
}

TEST(Exposition, writes_open_metrics) {
  Exposition out(ExpositionFormat::open_metrics);
  out.family("jobs", MetricType::counter, "Jobs done.");
  out.sample({}, 3);
  out.family("thing", MetricType::info, "Thing.");
  out.sample({{"v", "1"}}, 1);
  EXPECT_EQ(out.finish(),
            "# HELP jobs Jobs done.\n# TYPE jobs counter\njobs_total 3\n"
            "# HELP thing Thing.\n# TYPE thing info\nthing_info{v=\"1\"} 1\n# EOF\n");
}

TEST(Exposition, label_values_come_back_whatever_bytes_they_hold) {
  const std::string hostile = "a\"b\\c\nd} 5\n# EOF\n{\xc3\xa9";
  for (const auto format : {ExpositionFormat::prometheus, ExpositionFormat::open_metrics}) {
    Exposition out(format);
    out.family("x", MetricType::gauge, "Line one\nand \\ two.");
    out.sample({{"name", hostile}}, 1);
    const ExpositionParser parsed(out.finish(), format);
    EXPECT_EQ(parsed.errors(), std::vector<std::string>());
    ASSERT_EQ(parsed.families().at("x").samples.size(), 1u);
    EXPECT_EQ(parsed.families().at("x").samples[0].labels.at("name"), hostile);
    EXPECT_EQ(parsed.families().at("x").help, "Line one\\nand \\\\ two.");
  }
}

TEST(Exposition, histograms_are_cumulative_and_end_at_infinity) {
  DurationHistogram histogram;
  histogram.record(std::chrono::microseconds(500));
  histogram.record(std::chrono::milliseconds(3));
  histogram.record(std::chrono::seconds(60));
  HistogramSum sum;
  sum.add(histogram);
  sum.add(histogram);
  for (const auto format : {ExpositionFormat::prometheus, ExpositionFormat::open_metrics}) {
    Exposition out(format);
    out.family("t_seconds", MetricType::histogram, "Time.");
    out.histogram({{"leg", "primary"}}, sum);
    const ExpositionParser parsed(out.finish(), format);
    EXPECT_EQ(parsed.errors(), std::vector<std::string>());
    EXPECT_EQ(parsed.value("t_seconds_bucket", "leg=primary,le=0.0005"), 2);
    EXPECT_EQ(parsed.value("t_seconds_bucket", "leg=primary,le=0.0025"), 2);
    EXPECT_EQ(parsed.value("t_seconds_bucket", "leg=primary,le=0.005"), 4);
    const char* last = format == ExpositionFormat::open_metrics ? "10.0" : "10";
    EXPECT_EQ(parsed.value("t_seconds_bucket", std::string("leg=primary,le=") + last), 4);
    EXPECT_EQ(parsed.value("t_seconds_bucket", "leg=primary,le=+Inf"), 6);
    EXPECT_EQ(parsed.value("t_seconds_count", "leg=primary"), 6);
    EXPECT_NEAR(parsed.value("t_seconds_sum", "leg=primary"), 120.007, 1e-9);
  }
}

TEST(Exposition, writes_numbers_that_are_none) {
  Exposition out(ExpositionFormat::prometheus);
  out.family("x", MetricType::gauge, "X.");
  out.sample({{"n", "1"}}, std::numeric_limits<double>::infinity());
  out.sample({{"n", "2"}}, -std::numeric_limits<double>::infinity());
  out.sample({{"n", "3"}}, std::numeric_limits<double>::quiet_NaN());
  const std::string text = out.finish();
  EXPECT_NE(text.find("x{n=\"1\"} +Inf\nx{n=\"2\"} -Inf\nx{n=\"3\"} NaN\n"), std::string::npos);
}

TEST(NegotiateFormat, chooses_open_metrics_only_where_it_is_wanted) {
  struct Case {
    const char* accept;
    bool open_metrics;
  };
  const Case cases[] = {
      {"", false},
      {"*/*", false},
      {"text/plain", false},
      {"text/html, application/xhtml+xml", false},
      {"application/openmetrics-text", true},
      {"Application/OpenMetrics-Text; Version=1.0.0", true},
      {"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true},
      {"application/openmetrics-text;version=1.0.0;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
       true},
      {"text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.2", false},
      {"application/openmetrics-text;q=0", false},
      {"application/openmetrics-text;q=nonsense", false},
      {"application/openmetrics-text;q=2", false},
      {",,;;,application/openmetrics-text", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(negotiate_format(c.accept) == ExpositionFormat::open_metrics, c.open_metrics)
        << c.accept;
  }
}

}  // namespace
}  // namespace gnomon::admin
