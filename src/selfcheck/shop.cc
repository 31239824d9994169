#include "selfcheck/shop.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/log.h"

namespace gnomon::selfcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kNames = {"Rex", "Luna", "Milo", "Bella", "Otto", "Nala", "Oskar", "Emma"};
constexpr std::array kOrders = {"otter", "heron", "badger", "lynx",  "marten", "stoat",
                                "raven", "viper", "beaver", "crane", "falcon", "adder"};
constexpr uint32_t kPets = 200;
constexpr size_t kListed = 6;

template <typename T>
void shuffle(std::vector<T>& items, Rng& rng) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[rng.below(static_cast<uint32_t>(i))]);
  }
}

std::string_view after(std::string_view path, std::string_view word) {
  const size_t at = path.find(word);
  return at == std::string_view::npos ? std::string_view() : path.substr(at + word.size());
}

}  // namespace

Reply Shop::answer(std::string_view path, uint64_t request, WallTime now) {
  const bool faulty = strikes(fault_, stock_, request);
  Reply reply;
  reply.headers = {{"content-type", "application/json"},
                   {"cache-control", "max-age=60"},
                   {"etag", fmt::format("W/\"{:016x}\"", noise_.next())},
                   {"x-pod", fmt::format("pod-{}", noise_.below(1000))}};
  if (const std::string_view name = after(path, "/orders/"); !name.empty()) {
    reply.body = order(name, faulty);
    if (fault_ == Fault::changed_status) reply.status = 202;
    if (fault_ == Fault::missing_header) std::erase(reply.headers, reply.headers[1]);
  } else if (const std::string_view id = after(path, "/pets/"); !id.empty()) {
    reply.body = pet(id, faulty, now);
    if (fault_ == Fault::server_error && faulty) reply = {500, {}, ""};
  } else {
    reply.body = pets(now);
  }
  return reply;
}

std::string Shop::pet(std::string_view id, bool faulty, WallTime now) {
  Rng pet(stock_ ^ std::hash<std::string_view>{}(id));
  const std::string name = kNames[pet.below(kNames.size())];
  uint32_t cents = 500 + pet.below(9500);
  if (fault_ == Fault::wrong_value && faulty) ++cents;
  const uint32_t stock = pet.below(90);
  std::vector<std::string> tags = {"calm", "small", "young", "tame"};
  shuffle(tags, noise_);
  Json photos = {fmt::format("{}-front.jpg", id), fmt::format("{}-side.jpg", id),
                 fmt::format("{}-asleep.jpg", id)};
  if (fault_ == Fault::shorter_list) photos.erase(photos.size() - 1);
  Json owner = {{"since", 2000 + pet.below(25)}, {"email", fmt::format("{}@pets.test", id)}};
  if (fault_ == Fault::missing_field) owner.erase("email");
  const double score = (0.5 + pet.below(1000) / 2000.0) * (1 + noise_.below(1000) * 1e-7);
  const Json body = {
      {"id", id},
      {fault_ == Fault::renamed_field ? "fullName" : "name", name},
      {"price", cents / 100.0},
      {"stock", fault_ == Fault::changed_type ? Json(std::to_string(stock)) : Json(stock)},
      {"owner", owner},
      {"photos", photos},
      {"tags", tags},
      {"score", score},
      {"requestId", uuid()},
      {"generatedAt", format_timestamp(now)}};
  return body.dump();
}

std::string Shop::pets(WallTime now) {
  std::vector<Json> list;
  list.reserve(kListed);
  for (size_t i = 0; i < kListed; ++i) list.push_back({{"id", i + 1}, {"name", kNames[i]}});
  shuffle(list, noise_);
  return Json{{"pets", list}, {"requestId", uuid()}, {"generatedAt", format_timestamp(now)}}.dump();
}

std::string Shop::order(std::string_view name, bool faulty) {
  Rng order(stock_ ^ std::hash<std::string_view>{}(name));
  // The third digit after the point is never 0: rounding it off always shows.
  uint32_t thousandths = 1 + order.below(9);
  thousandths += 10'000 + order.below(9000) * 10;
  if (fault_ == Fault::rounded && faulty) thousandths = (thousandths + 5) / 10 * 10;
  Json steps = {"received", "picked", "packed", "shipped"};
  if (fault_ == Fault::reordered_list) std::swap(steps[1], steps[2]);
  return Json{
      {"order", name}, {"total", thousandths / 1000.0}, {"steps", steps}, {"requestId", uuid()}}
      .dump();
}

std::string Shop::uuid() {
  const uint64_t high = noise_.next();
  const uint64_t low = noise_.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xfff, low >> 52, low & 0xffff'ffff'ffff);
}

std::string some_path(std::string_view scenario, Rng& rng) {
  const uint32_t draw = rng.below(100);
  if (draw < 60) return fmt::format("/{}/pets/{}", scenario, 1 + rng.below(kPets));
  if (draw < 85) return fmt::format("/{}/orders/{}", scenario, kOrders[rng.below(kOrders.size())]);
  return fmt::format("/{}/pets", scenario);
}

}  // namespace gnomon::selfcheck
