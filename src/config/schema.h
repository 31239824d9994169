// A declarative description of a mapping. Adding a field to a resource is one line:
//
//   void describe(Schema<Shadowing>& s) {
//     s.field("percentage", &Shadowing::percentage, in_range(0, 100));
//   }
//
// Each name is accepted in lowerCamelCase and in snake_case, as proto-JSON does.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/read.h"

namespace gnomon::config {

// The part that does not depend on the type described.
class SchemaBase {
 public:
  using ReadField = std::function<bool(const Node&, const Scope&, void*)>;

  // Reads what it can into `object`; false when something was wrong. The key `except` is left to
  // the caller.
  bool read_mapping(const Node& node, const Scope& scope, void* object,
                    std::string_view except = {}) const;

  // Names of the fields that are read, in lowerCamelCase.
  std::vector<std::string_view> served_names() const;

 protected:
  enum class Status : uint8_t { served, unserved, ignored };
  struct Field {
    std::string name;  // lowerCamelCase
    Status status = Status::served;
    bool required = false;
    std::string note;  // for unserved fields: what that means
    ReadField read;
  };

  Field& add(std::string_view name);
  void add_group(std::initializer_list<std::string_view> names, std::string missing);
  void add_check(ReadField check) { checks_.push_back(std::move(check)); }
  using ShapeCheck = bool (*)(const Node&, const Scope&);
  void add_shape(ShapeCheck check) { shapes_.push_back(check); }

 private:
  // Fields of which at most one may be given.
  struct Group {
    std::vector<size_t> fields;
    std::string missing;  // the error when there is none; empty if that is allowed
  };

  bool read_entry(const Entry& entry, const Scope& scope, void* object,
                  std::vector<Position>& seen) const;
  void report_unknown(const Entry& entry, const Scope& scope) const;
  bool check_required(const Node& node, const Scope& scope,
                      const std::vector<Position>& seen) const;
  bool check_group(const Group& group, const Node& node, const Scope& scope,
                   const std::vector<Position>& seen) const;

  std::vector<Field> fields_;
  boost::unordered_flat_map<std::string, size_t> by_name_;  // both spellings
  std::vector<Group> groups_;
  std::vector<ReadField> checks_;
  std::vector<ShapeCheck> shapes_;
};

// The note of fields that only Gloo's Enterprise edition serves.
constexpr std::string_view kEnterprise =
    "is an Enterprise feature of Gloo that is not implemented; requests pass without it";

struct Required {};
constexpr Required kRequired;

template <typename T>
class Schema : public SchemaBase {
 public:
  // A field that is served. Each rule is `kRequired` or a callable (value, node, scope) -> bool
  // that gets the bare value and reports what it refuses.
  template <typename M, typename... Rules>
  Schema& field(std::string_view name, M T::* member, Rules... rules) {
    Field& added = add(name);
    added.required = (std::is_same_v<Rules, Required> || ...);
    added.read = [member, rules...](const Node& node, const Scope& scope, void* object) {
      M& value = static_cast<T*>(object)->*member;
      return config::read(node, scope, value) && (holds(rules, value, node, scope) & ... & true);
    };
    return *this;
  }

  // Known names of Gloo that have no effect here yet; using one is a warning.
  Schema& unserved(std::initializer_list<std::string_view> names, std::string_view note = {}) {
    for (const std::string_view name : names) mark(name, Status::unserved, note);
    return *this;
  }

  // As above, for names whose presence the program has to know of.
  template <typename M>
  Schema& unserved(std::string_view name, M T::* member, std::string_view note = {}) {
    Field& added = mark(name, Status::unserved, note);
    added.read = [member](const Node& node, const Scope&, void* object) {
      static_cast<T*>(object)->*member = Located<bool>{true, node.at()};
      return true;
    };
    return *this;
  }

  // As above, for names of which something is looked at.
  template <typename M>
  Schema& unserved(std::string_view name, std::optional<M> T::* member,
                   std::string_view note = {}) {
    Field& added = mark(name, Status::unserved, note);
    added.read = [member](const Node& node, const Scope& scope, void* object) {
      return config::read(node, scope, static_cast<T*>(object)->*member);
    };
    return *this;
  }

  // As above, where what is given must have the shape of a `Shape`, which is dropped.
  template <typename Shape>
  Schema& shaped(std::string_view name, std::string_view note = {}) {
    Field& added = mark(name, Status::unserved, note);
    added.read = [](const Node& node, const Scope& scope, void* /*object*/) {
      Shape unused;
      return config::read(node, scope, unused);
    };
    return *this;
  }

  // As above, where a check of the shape says what that means.
  template <typename Shape>
  Schema& told(std::string_view name) {
    add(name).read = [](const Node& node, const Scope& scope, void* /*object*/) {
      Shape unused;
      return config::read(node, scope, unused);
    };
    return *this;
  }

  // As above, where the program itself says what it means.
  template <typename M>
  Schema& noted(std::string_view name, M T::* member) {
    Field& added = add(name);
    added.read = [member](const Node& node, const Scope&, void* object) {
      static_cast<T*>(object)->*member = Located<bool>{true, node.at()};
      return true;
    };
    return *this;
  }

  // Accepted whatever it holds, without a word.
  Schema& ignored(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) mark(name, Status::ignored, {});
    return *this;
  }

  // Of these at most one may be given (a oneof); with a message, exactly one must.
  Schema& one_of(std::initializer_list<std::string_view> names, std::string missing = {}) {
    add_group(names, std::move(missing));
    return *this;
  }

  // Runs after all fields were read without an error.
  template <typename Check>
  Schema& check(Check holds_for) {
    add_check([holds_for](const Node& node, const Scope& scope, void* object) {
      return holds_for(*static_cast<T*>(object), node, scope);
    });
    return *this;
  }

  // Runs on the node itself, whatever else is wrong with it.
  Schema& shape(ShapeCheck holds_for) {
    add_shape(holds_for);
    return *this;
  }

  static const Schema& instance() {
    static const Schema schema = [] {
      Schema made;
      describe(made);
      return made;
    }();
    return schema;
  }

 private:
  Field& mark(std::string_view name, Status status, std::string_view note) {
    Field& added = add(name);
    added.status = status;
    added.note = note;
    return added;
  }

  // Rules get the bare value: they need not know that a field is optional or remembers its place.
  template <typename Rule, typename M>
  static bool holds(const Rule& rule, const M& value, const Node& node, const Scope& scope) {
    if constexpr (std::is_same_v<Rule, Required>) {
      return true;
    } else if constexpr (requires {
                           value.at.line;
                           value.value;
                         }) {
      return holds(rule, value.value, node, scope);
    } else {
      return rule(value, node, scope);
    }
  }
  template <typename Rule, typename M>
  static bool holds(const Rule& rule, const std::optional<M>& value, const Node& node,
                    const Scope& scope) {
    return holds(rule, *value, node, scope);
  }
};

// Types that have a schema are read by it.
template <typename T>
concept Described = std::is_class_v<T> && requires(Schema<T>& schema) { describe(schema); };

template <Described T>
struct Reader<T> {
  static bool read(const Node& node, const Scope& scope, T& out) {
    if constexpr (requires { out.at = node.at(); }) out.at = node.at();
    return Schema<T>::instance().read_mapping(node, scope, &out);
  }
};

}  // namespace gnomon::config
