// Compares two answers to one request: what became of the legs, status, headers, trailers, bodies.
// Pure; docs/COMPARING.md says what is compared how.
#pragma once

#include <string>
#include <string_view>

#include "compare/answer.h"
#include "compare/body_kind.h"
#include "compare/content_decoding.h"
#include "compare/difference.h"
#include "compare/findings.h"
#include "compare/header_diff.h"
#include "compare/rule_walk.h"
#include "compare/rules.h"
#include "compare/text_diff.h"
#include "compare/tree_diff.h"

namespace gnomon::compare {

struct ComparerLimits {
  ResultLimits result;
  DocumentLimits document;
  DecodingLimits decoding;
};

// Of the request that was answered, or is compared itself; needed for messages of gRPC only.
struct RequestFacts {
  std::string_view path;
  const ProtoSchema* schema = nullptr;
  ProtoSchema::Side side = ProtoSchema::Side::response;
};

// Keeps its memory from one comparison to the next: one for each thread. `hits` are the caller's
// counts for the book that the rules are of.
class Comparer {
 public:
  explicit Comparer(const ComparerLimits& limits = {});

  // Of the live answer and another one, or of any two.
  void compare(const Answer& left, const Answer& right, const Rules& rules, RuleHits& hits,
               Result& out, const RequestFacts& request = {});
  // Of two bodies alone.
  void compare_bodies(std::string_view left, std::string_view right, std::string_view content_type,
                      const Rules& rules, RuleHits& hits, Result& out);

 private:
  // Once what was compared is no longer needed.
  void give_back() noexcept;

  struct Side {
    std::string flat;       // the body in one piece, where it was in several
    std::string decoded;    // and without its Content-Encoding
    std::string_view text;  // what is compared
    std::string_view type;  // its Content-Type
    DecodingState decoding = DecodingState::decoded;
    std::string_view grpc_encoding;
    ContentType kind;
    bool invalid = false;  // not of the kind that its type says
    bool is_read = false;  // into `document`
    Document document;
  };

  bool compare_outcomes(const Answer& left, const Answer& right);
  bool compare_status(const Answer& left, const Answer& right);
  void compare_captured(const Answer& left, const Answer& right);
  void compare_undecoded(const CapturedBody& left, const CapturedBody& right);
  void prepare(const Answer& answer, Side& side);

  // From here on the two bodies lie in left_ and right_.
  void compare_sides(bool look);
  // `other` is the one that was read before.
  void read(Side& side, const Side* other = nullptr);
  void look_for_unseen_rules();
  void compare_read_sides();
  bool compare_presence();

  void compare_digests(uint64_t left_length, const Digest& left, uint64_t right_length,
                       const Digest& right);
  void settle(Settled settled) noexcept;
  int32_t ignoring(Area area) const noexcept;

  const ComparerLimits limits_;
  const Rules* rules_ = nullptr;
  RuleHits* hits_ = nullptr;
  Findings findings_;
  RequestFacts request_;
  TreeReader reader_;
  HeaderDiff headers_;
  TreeDiff trees_;
  TextDiff texts_;
  RuleWalk look_;
  Side left_;
  Side right_;
};

}  // namespace gnomon::compare
