// Where answers differ, by endpoint, path and kind, and how often: for the candidate only, for the
// control only, for both.
//
// Each field is tested with a weight that falls with its place, so a place is given once and for
// ever: by first appearance, and within a request by name, never by which side differed.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verdict/discordance.h"

namespace gnomon::verdict {

// The kind is part of the name: a field whose value is noise must not hide that it is gone.
struct FieldKey {
  std::string endpoint;
  std::string path;
  std::string kind;

  friend auto operator<=>(const FieldKey&, const FieldKey&) = default;
};

// One field of one request that differs from the live answer.
struct Sighting {
  FieldKey key;
  bool candidate = false;
  bool control = false;
  // Known by digests alone, as memory was short: what rules would have excused shows too.
  bool unread = false;

  // Whether it may be held against the candidate for FAIL.
  bool doubtful() const noexcept { return unread && candidate && !control; }
};

// Sorts by key and leaves one for each.
void unite(std::vector<Sighting>& sightings);

struct Field {
  FieldKey key;
  int64_t first_seen_us = 0;  // since the epoch
  Discordance count;
  uint64_t unpaired = 0;  // of the candidate, in requests without a control, or doubtful

  uint64_t all() const noexcept { return count.candidate + count.control + count.both + unpaired; }
  friend bool operator==(const Field&, const Field&) = default;
};

class FieldTable {
 public:
  FieldTable() noexcept = default;
  explicit FieldTable(size_t most_fields) noexcept : most_fields_(most_fields) {}

  // All differences of one request, united.
  void add(std::span<const Sighting> sightings, int64_t at_us, bool has_control);
  // Of another worker, or of an earlier run. What finds no room is only counted as unplaced: many
  // fields of one request in one count would be no fair test.
  FieldTable& operator+=(const FieldTable& more);
  // What was counted under one endpoint counts under another. The old fields keep their places,
  // empty: a place is never given twice.
  void rename_endpoint(const std::string& from, const std::string& to);
  // Puts back what was kept.
  void restore(Field field);
  void restore_other(const Discordance& other, uint64_t unplaced) noexcept;

  // In the order of their first appearance.
  const std::vector<Field>& fields() const noexcept { return fields_; }
  // Requests with differences in fields that found no room.
  const Discordance& other() const noexcept { return other_; }
  uint64_t unplaced() const noexcept { return unplaced_; }

  friend bool operator==(const FieldTable& x, const FieldTable& y) {
    return x.fields_ == y.fields_ && x.other_ == y.other_ && x.unplaced_ == y.unplaced_;
  }

 private:
  Field* place(const FieldKey& key, int64_t at_us);
  void put_in_order();

  size_t most_fields_ = 1000;
  std::vector<Field> fields_;
  std::map<FieldKey, size_t> places_;
  Discordance other_;
  uint64_t unplaced_ = 0;
};

}  // namespace gnomon::verdict
