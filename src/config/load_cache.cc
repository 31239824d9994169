#include "config/load_cache.h"

#include <iterator>
#include <utility>

namespace gnomon::config {
namespace {

// Of texts that no entry refers to any more.
constexpr size_t kStaleBytesMin = size_t{64} << 20;

}  // namespace

const std::shared_ptr<Sources>& LoadCache::sources() {
  size_t live = 0;
  for (const auto& [path, entry] : entries_) live += sources_->text(entry.file).size();
  if (sources_->bytes() > 2 * live + kStaleBytesMin) {
    entries_.clear();
    sources_ = std::make_shared<Sources>();
  }
  return sources_;
}

std::optional<LoadCache::Entry> LoadCache::take(const std::string& path, std::string_view text) {
  const auto found = entries_.find(path);
  if (found == entries_.end() || sources_->text(found->second.file) != text) return std::nullopt;
  std::optional<Entry> entry = std::move(found->second);
  entries_.erase(found);
  ++taken_;
  return entry;
}

void LoadCache::keep(Resources& from) {
  std::map<std::string, Entry> kept;
  std::array<size_t, kListCount> at{};
  for (LoadedFile& file : from.files) {
    Entry entry{file.file, {}, std::move(file.problems)};
    size_t list = 0;
    for_each_list(from, entry.lists, [&](auto& all, auto& own) {
      const auto first = std::next(all.begin(), static_cast<ptrdiff_t>(at[list]));
      at[list] += file.counts[list];
      if (file.intact) {
        own.assign(
            std::make_move_iterator(first),
            std::make_move_iterator(std::next(first, static_cast<ptrdiff_t>(file.counts[list]))));
      }
      ++list;
    });
    if (file.intact) kept.emplace(file.path, std::move(entry));
  }
  entries_ = std::move(kept);
  unchanged_ = complete_ && taken_ == kept_ && taken_ == from.files.size();
  kept_ = entries_.size();
  taken_ = 0;
  complete_ = kept_ == from.files.size() && from.diagnostics.errors() == 0;
}

}  // namespace gnomon::config
