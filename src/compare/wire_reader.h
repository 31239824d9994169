// Messages of protocol buffers without their description: fields by number. What is written as
// bytes is read as text, as a message or as bytes in hexadecimal, whichever it looks like first, so
// that two values of one field may be read differently; a description (proto_schema.h) does not
// have to guess.
#pragma once

#include <string_view>

#include "compare/document.h"

namespace gnomon::compare {

// Appends the message as an object. False when it is none, or a limit was reached.
bool add_wire_message(std::string_view message, DocumentBuilder& builder);
// Its fields alone, into an object that is open.
bool add_wire_fields(std::string_view message, DocumentBuilder& builder);

}  // namespace gnomon::compare
