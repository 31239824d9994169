#include "admin/trial_api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/temporary_folder.h"
#include "trial/testing.h"

namespace gnomon::admin {
namespace {

using Json = nlohmann::json;

constexpr size_t kPageBytes = size_t{8} << 20;

class TrialApiTest : public ::testing::Test {
 protected:
  void keep(store::Batch batch) {
    // Else the trial would begin anew.
    batch.epochs.push_back({.key = {"ns.trial", 1}, .updated_us = now(), .rules = plan_->digest});
    store::Writer writer({.path = path_, .queue_bytes = size_t{64} << 20}, clock_, log_);
    ASSERT_TRUE(writer.submit(std::move(batch)));
    ASSERT_TRUE(writer.flush(Millis(20'000)));
  }
  static store::SampleRecord sample(const std::string& path, size_t bytes, int64_t at_us = 1) {
    return {{"ns.trial", 1},
            {"GET /a", path, "value"},
            at_us,
            Json{{"of", path}, {"text", std::string(bytes, 'x')}}.dump()};
  }
  static store::Batch samples(int count, size_t bytes) {
    store::Batch batch;
    for (int i = 0; i < count; ++i) {
      batch.samples.push_back(sample("$." + std::to_string(100 + i), bytes));
    }
    return batch;
  }

  Answer get(const std::string& query) {
    RequestHead head;
    head.method = Method::get;
    const std::string target = "/api/v1/tests/ns.trial/samples?" + query;
    head.path = target;
    return TrialApi(*book_).answer(head, {});
  }
  // Of all pages, in their order.
  std::vector<std::string> all(const std::string& query, size_t pages_wanted) {
    std::vector<std::string> paths;
    std::string after;
    for (size_t page = 1;; ++page) {
      const Answer answer = get(query + after);
      EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 300);
      EXPECT_LE(answer.body.size(), kPageBytes);
      const Json json = Json::parse(answer.body);
      for (const Json& each : json["samples"]) {
        paths.push_back(each["field"]["path"]);
        EXPECT_EQ(each["sample"]["of"], paths.back());
      }
      if (!json.contains("next") || page > 100) {
        EXPECT_EQ(page, pages_wanted);
        return paths;
      }
      after = "&after=" + json["next"].get<std::string>();
    }
  }

  int64_t now() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock_.wall().time_since_epoch())
        .count();
  }

  const std::shared_ptr<routing::Trial> plan_ = trial::testing::make_plan();
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/gnomon.db";
  SystemClock clock_;
  Log log_{clock_, LogFormat::text, LogLevel::error};
  std::unique_ptr<trial::TrialBook> book_;
  void begin() {
    book_ = std::make_unique<trial::TrialBook>(
        trial::TrialBook::Settings{path_, trial::testing::kSecret}, clock_, log_);
    book_->install(std::vector<trial::TrialRun::Plan>{plan_});
  }
};

TEST_F(TrialApiTest, a_page_of_samples_is_bounded_in_bytes_and_names_where_the_next_one_begins) {
  keep(samples(90, 200'000));
  begin();
  const auto paths = all("limit=1000", 3);
  EXPECT_EQ(paths.size(), 90u);
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), 90u);
  EXPECT_TRUE(std::ranges::is_sorted(paths));
}

TEST_F(TrialApiTest, a_page_of_samples_is_bounded_in_number) {
  keep(samples(10, 10));
  begin();
  EXPECT_EQ(all("limit=4", 3).size(), 10u);
  EXPECT_EQ(all("limit=5", 2).size(), 10u);
  EXPECT_EQ(all("limit=10", 1).size(), 10u);
  EXPECT_EQ(all("endpoint=GET+/a&path=$.103&kind=value", 1), std::vector<std::string>{"$.103"});
}

// Names are what answers made them, a cookie's for one.
TEST_F(TrialApiTest, names_that_are_no_utf_8_have_their_place_among_pages) {
  store::Batch batch;
  for (const char* name : {"cookie:\xE9x", "cookie:\xEAx", "cookie:\xF5zz", "cookie:\xFF"}) {
    std::string shown(name);
    shown.replace(7, 1, "\xEF\xBF\xBD");
    store::SampleRecord record = sample(shown, 10);
    record.field.path = name;
    batch.samples.push_back(std::move(record));
  }
  keep(std::move(batch));
  begin();
  EXPECT_EQ(all("limit=1", 4).size(), 4u);
}

TEST_F(TrialApiTest, of_one_field_the_latest_follows_the_first_on_the_next_page) {
  store::Batch batch;
  for (int i = 0; i < 3; ++i) batch.samples.push_back(sample("$.a", 10, i));
  batch.samples.push_back(sample("$.b", 10));
  keep(std::move(batch));
  begin();
  EXPECT_EQ(all("limit=1", 3), (std::vector<std::string>{"$.a", "$.a", "$.b"}));
}

TEST_F(TrialApiTest, pages_neither_repeat_nor_skip_what_stays_while_others_come_and_go) {
  keep(samples(6, 10));
  begin();
  const Json first = Json::parse(get("limit=3").body);
  ASSERT_EQ(first["samples"].size(), 3u);
  book_.reset();
  {
    // The one that the page ended with, and one before it.
    auto database = store::Database::open(path_, store::Database::Mode::write);
    ASSERT_TRUE(database->run("DELETE FROM sample WHERE path IN ('$.102', '$.100')"));
  }
  store::Batch more;
  more.samples.push_back(sample("$.0", 10));
  more.samples.push_back(sample("$.1045", 10));
  keep(std::move(more));
  begin();
  EXPECT_EQ(all("after=" + first["next"].get<std::string>(), 1),
            (std::vector<std::string>{"$.103", "$.104", "$.1045", "$.105"}));
}

TEST_F(TrialApiTest, one_cannot_begin_behind_what_is_no_place) {
  begin();
  for (const char* const after : {"x", "5", "zz", "5b5d", "5b226122", "5b312c322c332c345d"}) {
    EXPECT_EQ(get(std::string("after=") + after).status, 400) << after;
  }
}

TEST_F(TrialApiTest, samples_keep_the_names_that_fields_have) {
  store::Batch batch = samples(1, 1);
  batch.samples[0].field.path = "$['\"\n\x01']";
  batch.samples.push_back(sample("$.c", 1));
  batch.samples[1].body = "{";  // cannot be shown
  keep(std::move(batch));
  begin();
  const Json page = Json::parse(get("limit=9").body);
  ASSERT_EQ(page["samples"].size(), 1u);
  EXPECT_EQ(page["samples"][0]["field"]["path"], "$['\"\n\x01']");
  EXPECT_TRUE(Json::parse(get("limit=1").body).contains("next"));
}

}  // namespace
}  // namespace gnomon::admin
