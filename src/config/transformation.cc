#include "config/transformation.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<TransformationExtractor>& s) {
  s.ignored({"body", "header", "mode", "regex", "replacementText", "subgroup"});
  s.one_of({"body", "header"});
}

void describe(Schema<TransformationTemplate>& s) {
  s.field("extractors", &TransformationTemplate::extractors);
  s.ignored({"advancedTemplates", "body", "dynamicMetadataValues", "escapeCharacters", "headers",
             "headersToAppend", "headersToRemove", "ignoreErrorOnParse", "mergeExtractorsToBody",
             "mergeJsonKeys", "parseBodyBehavior", "passthrough", "spanTransformer"});
  s.one_of({"body", "passthrough", "mergeExtractorsToBody", "mergeJsonKeys"});
}

void describe(Schema<Transformation>& s) {
  s.field("transformationTemplate", &Transformation::from_template);
  s.ignored({"headerBodyTransform", "logRequestResponseInfo"});
  s.one_of({"transformationTemplate", "headerBodyTransform"});
}

void describe(Schema<RequestTransform>& s) {
  s.field("requestTransformation", &RequestTransform::request);
  s.field("responseTransformation", &RequestTransform::response);
  s.ignored({"clearRouteCache", "matcher"});
}

void describe(Schema<ResponseTransform>& s) {
  s.field("responseTransformation", &ResponseTransform::response);
  s.ignored({"matchers", "responseCodeDetails"});
}

void describe(Schema<TransformationStage>& s) {
  s.field("requestTransforms", &TransformationStage::requests);
  s.field("responseTransforms", &TransformationStage::responses);
}

void describe(Schema<StagedTransformations>& s) {
  s.field("early", &StagedTransformations::early);
  s.field("regular", &StagedTransformations::regular);
  s.field("postRouting", &StagedTransformations::post_routing);
  s.ignored({"escapeCharacters", "inheritTransformation", "logRequestResponseInfo"});
}

void describe(Schema<Transformations>& s) {
  s.field("requestTransformation", &Transformations::request);
  s.field("responseTransformation", &Transformations::response);
  s.ignored({"clearRouteCache"});
}

}  // namespace gnomon::config
