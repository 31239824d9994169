// A document as JSON without what is not to be kept: its structure, and values as far as the policy
// lets them through.
#pragma once

#include <string>

#include "compare/body_kind.h"
#include "compare/document.h"
#include "compare/redactor.h"

namespace gnomon::compare {

std::string redacted_tree(const Redactor& redactor, const Document& document, ContentKind kind);

}  // namespace gnomon::compare
