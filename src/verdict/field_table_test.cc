#include "verdict/field_table.h"

#include <gtest/gtest.h>

namespace gnomon::verdict {
namespace {

FieldKey key(std::string path) { return {"GET /pets", std::move(path), "value"}; }

std::vector<std::string> places(const FieldTable& table) {
  std::vector<std::string> paths;
  for (const Field& field : table.fields()) paths.push_back(field.key.path);
  return paths;
}

TEST(FieldTable, counts_who_differs) {
  FieldTable table;
  table.add(std::vector<Sighting>{{key("$.a"), true, false}, {key("$.b"), true, true}}, 10, true);
  table.add(std::vector<Sighting>{{key("$.a"), false, true}}, 11, true);
  table.add(std::vector<Sighting>{{key("$.a"), true, false}}, 12, false);
  ASSERT_EQ(table.fields().size(), 2u);
  EXPECT_EQ(table.fields()[0].count, (Discordance{1, 1, 0}));
  EXPECT_EQ(table.fields()[0].unpaired, 1u);
  EXPECT_EQ(table.fields()[1].count, (Discordance{0, 0, 1}));
}

TEST(FieldTable, unites_what_two_comparisons_found_in_one_field) {
  std::vector<Sighting> sightings = {
      {key("$.b"), true, false}, {key("$.a"), true, false}, {key("$.b"), false, true}};
  unite(sightings);
  ASSERT_EQ(sightings.size(), 2u);
  EXPECT_EQ(sightings[0].key.path, "$.a");
  EXPECT_TRUE(sightings[1].candidate);
  EXPECT_TRUE(sightings[1].control);
}

// Else the side that is named first would get the larger weight, and the test would not be fair.
TEST(FieldTable, gives_places_that_do_not_depend_on_the_side) {
  for (const bool candidate : {true, false}) {
    FieldTable table;
    std::vector<Sighting> sightings = {{key("$.b"), candidate, !candidate},
                                       {key("$.a"), !candidate, candidate}};
    unite(sightings);
    table.add(sightings, 10, true);
    EXPECT_EQ(places(table), (std::vector<std::string>{"$.a", "$.b"}));
  }
}

TEST(FieldTable, keeps_places_when_the_clock_is_set_back) {
  FieldTable table;
  table.add(std::vector<Sighting>{{key("$.z"), true, false}}, 100, true);
  table.add(std::vector<Sighting>{{key("$.a"), true, false}}, 50, true);
  table += FieldTable();
  EXPECT_EQ(places(table), (std::vector<std::string>{"$.z", "$.a"}));
}

TEST(FieldTable, merges_in_order_of_first_appearance) {
  FieldTable one;
  one.add(std::vector<Sighting>{{key("$.late"), true, false}}, 30, true);
  FieldTable two;
  two.add(std::vector<Sighting>{{key("$.early"), false, true}}, 10, true);
  two.add(std::vector<Sighting>{{key("$.late"), false, true}}, 20, true);
  FieldTable merged;
  merged += one;
  merged += two;
  EXPECT_EQ(places(merged), (std::vector<std::string>{"$.early", "$.late"}));
  EXPECT_EQ(merged.fields()[1].count, (Discordance{1, 1, 0}));
  FieldTable other_way;
  other_way += two;
  other_way += one;
  EXPECT_EQ(merged, other_way);
  // Places are found again after they have moved.
  merged.add(std::vector<Sighting>{{key("$.early"), false, true}}, 40, true);
  EXPECT_EQ(merged.fields()[0].count.control, 2u);
}

TEST(FieldTable, has_a_limit_and_counts_requests_beyond_it) {
  FieldTable table(2);
  table.add(std::vector<Sighting>{{key("$.a"), true, false}, {key("$.b"), true, false}}, 1, true);
  // Two fields too many in one request are one request.
  table.add(std::vector<Sighting>{{key("$.c"), true, false}, {key("$.d"), true, false}}, 2, true);
  table.add(std::vector<Sighting>{{key("$.c"), true, false}, {key("$.d"), false, true}}, 3, true);
  table.add(std::vector<Sighting>{{key("$.c"), true, false}}, 4, false);
  EXPECT_EQ(table.fields().size(), 2u);
  EXPECT_EQ(table.other(), (Discordance{1, 0, 1}));
  EXPECT_EQ(table.unplaced(), 1u);
}

TEST(FieldTable, counts_what_finds_no_room_in_a_merge) {
  FieldTable one(1);
  one.add(std::vector<Sighting>{{key("$.a"), true, false}}, 1, true);
  FieldTable two(1);
  two.add(std::vector<Sighting>{{key("$.b"), true, true}}, 2, true);
  one += two;
  EXPECT_EQ(places(one), (std::vector<std::string>{"$.a"}));
  EXPECT_EQ(one.unplaced(), 1u);
  EXPECT_EQ(one.other(), Discordance());
}

}  // namespace
}  // namespace gnomon::verdict
