// Pairs of JSON bodies for benchmarks: what an API returns for a list of records.
#pragma once

#include <fmt/format.h>

#include <string>

namespace gnomon::compare {

struct JsonPair {
  std::string left;
  std::string right;
};

inline std::string record(int id, std::string_view price, std::string_view at) {
  return fmt::format(
      R"({{"id":{},"name":"Pet number {}","status":"available","price":{},"tags":["small","brown","tame"],)"
      R"("owner":{{"name":"Jo Doe","email":"jo{}@example.test","address":{{"street":"Main Street {}","city":"Anytown","zip":"{:05}"}}}},)"
      R"("photos":["https://img.example.test/{}/a.jpg","https://img.example.test/{}/b.jpg"],"updatedAt":"{}","active":true,"parent":null}})",
      id, id, price, id, id % 100, id % 100000, id, id, at);
}

template <typename Record>
std::string list_of(int records, const Record& one) {
  std::string out = R"({"total":)" + std::to_string(records) + R"(,"page":1,"items":[)";
  for (int i = 0; i < records; ++i) {
    if (i != 0) out += ',';
    out += one(i);
  }
  return out + "]}";
}

inline std::string ordinary(int i) {
  return record(1000 + i, fmt::format("{}.5", i % 90 + 10), "2026-11-22T12:00:00Z");
}

inline JsonPair one_value_differs(int records) {
  return {list_of(records, ordinary), list_of(records, [records](int i) {
            return i == records / 2 ? record(1000 + i, "999", "2026-11-22T12:00:00Z") : ordinary(i);
          })};
}

inline JsonPair every_record_differs(int records) {
  return {list_of(records, ordinary), list_of(records, [](int i) {
            return record(1000 + i, fmt::format("{}.5", i % 90 + 10), "2026-11-22T12:00:01Z");
          })};
}

inline JsonPair one_record_more(int records) {
  return {list_of(records, ordinary), list_of(records + 1, [records](int i) {
            if (i == records / 2) return record(7, "1", "2026-11-22T12:00:00Z");
            return ordinary(i > records / 2 ? i - 1 : i);
          })};
}

}  // namespace gnomon::compare
