// Which elements of two lists are equal under rules for values, where hashes alone cannot say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace gnomon::compare {

// What is known of an element before it is compared with another.
struct ElementLook {
  uint64_t sure = 0;   // elements with the same one are equal under the rules
  uint64_t maybe = 0;  // those with another are not
  double amount = 0;   // of all that a tolerance is about: near for those that are near
  bool is_container = false;
};

// Pairs elements so that each pair is equal under the rules; what it pairs gets labels that are the
// same. Tolerances are not transitive, so one pair may stand in the way of another: then another
// way is looked for.
class RuleMatching {
 public:
  using Equal = std::function<bool(uint32_t left, uint32_t right)>;

  // Elements that are alike and undecided, up to this many pairs, are matched in every way there
  // is.
  static constexpr size_t kPairsMax = 1 << 16;

  RuleMatching(std::span<const ElementLook> left, std::span<const ElementLook> right);

  // `in_order` prefers pairs that do not cross. False where pairs may have been missed, as there
  // are too many elements that are alike.
  bool run(bool in_order, const Equal& equal);

  std::span<const uint64_t> left_labels() const noexcept { return left_.labels; }
  std::span<const uint64_t> right_labels() const noexcept { return right_.labels; }

 private:
  struct Side {
    std::span<const ElementLook> looks;
    std::vector<uint64_t> labels;
    std::vector<uint32_t> partners;
    std::vector<uint32_t> open;  // elements that no other is surely equal to, the alike together
    std::vector<uint32_t> by_maybe;  // all elements, where that was asked for
  };
  using Open = std::span<uint32_t>;

  bool match_all(bool in_order, const Equal& equal);
  void leave_out_sure_ones();
  bool match(Open left, Open right, bool in_order, const Equal& equal);
  void match_in_order(Open left, Open right, const Equal& equal);
  void match_by_amount(Open left, Open right, const Equal& equal);
  bool match_rest(Open left, Open right, const Equal& equal);
  void match_every_way(Open left, Open right, const Equal& equal);
  static bool all_paired(const Side& side, Open open) noexcept;
  static std::vector<uint32_t> all_alike(Side& side, const Side& other, uint64_t maybe);
  static void part(Side& side, Open open);
  void pair(uint32_t left, uint32_t right);
  void name_single_ones();

  static constexpr uint64_t kFirstLabel = 0xC2B2AE3D27D4EB4F;

  Side left_;
  Side right_;
};

}  // namespace gnomon::compare
