// transformations and stagedTransformations: only their shape, so that mistakes are told. Nothing
// is transformed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/source.h"

namespace gnomon::config {

template <typename T>
class Schema;

struct TransformationExtractor {};

struct TransformationTemplate {
  std::map<std::string, TransformationExtractor> extractors;
};

struct Transformation {
  std::optional<TransformationTemplate> from_template;
};

struct RequestTransform {
  std::optional<Transformation> request;
  std::optional<Transformation> response;
};

struct ResponseTransform {
  std::optional<Transformation> response;
};

struct TransformationStage {
  std::vector<RequestTransform> requests;
  std::vector<ResponseTransform> responses;
};

struct StagedTransformations {
  std::optional<TransformationStage> early;
  std::optional<TransformationStage> regular;
  std::optional<TransformationStage> post_routing;
};

// The old form, of one stage.
struct Transformations {
  std::optional<Transformation> request;
  std::optional<Transformation> response;
};

void describe(Schema<TransformationExtractor>& s);
void describe(Schema<TransformationTemplate>& s);
void describe(Schema<Transformation>& s);
void describe(Schema<RequestTransform>& s);
void describe(Schema<ResponseTransform>& s);
void describe(Schema<TransformationStage>& s);
void describe(Schema<StagedTransformations>& s);
void describe(Schema<Transformations>& s);

}  // namespace gnomon::config
