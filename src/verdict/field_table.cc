#include "verdict/field_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace gnomon::verdict {

void unite(std::vector<Sighting>& sightings) {
  if (sightings.size() < 2) return;
  std::sort(sightings.begin(), sightings.end(),
            [](const Sighting& x, const Sighting& y) { return x.key < y.key; });
  size_t last = 0;
  for (size_t i = 1; i < sightings.size(); ++i) {
    if (sightings[i].key == sightings[last].key) {
      sightings[last].candidate |= sightings[i].candidate;
      sightings[last].control |= sightings[i].control;
    } else if (++last != i) {
      sightings[last] = std::move(sightings[i]);
    }
  }
  sightings.resize(last + 1);
}

Field* FieldTable::place(const FieldKey& key, int64_t at_us) {
  if (const auto known = places_.find(key); known != places_.end()) return &fields_[known->second];
  if (fields_.size() >= most_fields_) return nullptr;
  places_.emplace(key, fields_.size());
  fields_.push_back({.key = key, .first_seen_us = at_us});
  return &fields_.back();
}

void FieldTable::add(std::span<const Sighting> sightings, int64_t at_us, bool has_control) {
  // However coarse the clock is, or set back: those that have their places keep them.
  if (!fields_.empty()) at_us = std::max(at_us, fields_.back().first_seen_us + 1);
  bool candidate = false;
  bool control = false;
  for (const Sighting& each : sightings) {
    Field* const field = place(each.key, at_us);
    const bool paired = has_control && !each.doubtful();
    if (field == nullptr && paired) {
      candidate |= each.candidate;
      control |= each.control;
    } else if (field == nullptr) {
      ++unplaced_;
    } else if (paired) {
      field->count.add(each.candidate, each.control);
    } else {
      field->unpaired += each.candidate;
    }
  }
  other_.add(candidate, control);
}

FieldTable& FieldTable::operator+=(const FieldTable& more) {
  for (const Field& theirs : more.fields_) {
    if (const auto known = places_.find(theirs.key); known != places_.end()) {
      Field& ours = fields_[known->second];
      ours.count += theirs.count;
      ours.unpaired += theirs.unpaired;
      ours.first_seen_us = std::min(ours.first_seen_us, theirs.first_seen_us);
    } else if (fields_.size() < most_fields_) {
      places_.emplace(theirs.key, fields_.size());
      fields_.push_back(theirs);
    } else {
      unplaced_ += theirs.all();
    }
  }
  other_ += more.other_;
  unplaced_ += more.unplaced_;
  put_in_order();
  return *this;
}

void FieldTable::rename_endpoint(const std::string& from, const std::string& to) {
  for (size_t i = 0, n = fields_.size(); i < n; ++i) {
    if (fields_[i].key.endpoint != from) continue;
    FieldKey key = fields_[i].key;
    key.endpoint = to;
    Field* const into = place(key, fields_.back().first_seen_us + 1);
    const Discordance count = std::exchange(fields_[i].count, {});
    const uint64_t unpaired = std::exchange(fields_[i].unpaired, 0);
    if (into == nullptr) {
      other_ += count;
      unplaced_ += unpaired;
    } else {
      into->count += count;
      into->unpaired += unpaired;
    }
  }
}

void FieldTable::restore(Field field) {
  if (places_.contains(field.key) || fields_.size() >= most_fields_) {
    unplaced_ += field.all();
    return;
  }
  places_.emplace(field.key, fields_.size());
  fields_.push_back(std::move(field));
  put_in_order();
}

void FieldTable::restore_other(const Discordance& other, uint64_t unplaced) noexcept {
  other_ = other;
  unplaced_ = unplaced;
}

void FieldTable::put_in_order() {
  const auto earlier = [](const Field& x, const Field& y) {
    return std::tie(x.first_seen_us, x.key) < std::tie(y.first_seen_us, y.key);
  };
  if (std::is_sorted(fields_.begin(), fields_.end(), earlier)) return;
  std::sort(fields_.begin(), fields_.end(), earlier);
  for (size_t i = 0; i < fields_.size(); ++i) places_[fields_[i].key] = i;
}

}  // namespace gnomon::verdict
