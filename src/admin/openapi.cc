#include "admin/openapi.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace gnomon::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTests = "/api/v1/tests";

struct Operation {
  std::string path;
  const char* method;
  const char* summary;
  const char* schema;  // of what it answers
  std::initializer_list<const char*> parameters = {};
  const char* status = "200";
  bool may_refuse = false;  // by 409, as its callers want to know
};

Json reference(const std::string& kind, const std::string& name) {
  return {{"$ref", "#/components/" + kind + "/" + name}};
}

Json content(const std::string& schema) {
  return {{"application/json", {{"schema", reference("schemas", schema)}}}};
}

Json described(const Operation& operation, bool of_a_test) {
  Json out{{"summary", operation.summary}};
  Json parameters = Json::array();
  if (of_a_test) parameters.push_back(reference("parameters", "Test"));
  for (const char* const name : operation.parameters) {
    parameters.push_back(reference("parameters", name));
  }
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  out["responses"][operation.status] = {{"description", "OK"},
                                        {"content", content(operation.schema)}};
  if (operation.may_refuse) out["responses"]["409"] = reference("responses", "Problem");
  out["responses"]["default"] = reference("responses", "Problem");
  return out;
}

Json paths() {
  const Operation of_all[] = {
      {"/api/v1/openapi.json", "get", "This document", "Document"},
      {std::string(kTests), "get", "All tests, a summary of each", "Tests"},
  };
  const Operation of_one[] = {
      {"", "get", "One test", "Summary"},
      {"/verdict", "get", "The verdict with its evidence", "Verdict", {"Candidate"}},
      {"/differences",
       "get",
       "Fields that differ, the strongest evidence first",
       "Differences",
       {"Limit"}},
      {"/samples",
       "get",
       "Answers that differ, redacted; of one field or of all",
       "Samples",
       {"Limit", "Endpoint", "Path", "Kind", "After"}},
      {"/epochs", "post", "What is on trial has changed: begin anew", "Summary", {}, "201"},
      {"/flagger/confirm",
       "post",
       "Flagger's confirm-* hooks: 200 once the ruling is PASS",
       "Ruling",
       {"Candidate"},
       "200",
       true},
      {"/flagger/rollout",
       "post",
       "Flagger's rollout hook: 200 unless the ruling is FAIL",
       "Ruling",
       {"Candidate"},
       "200",
       true},
      {"/flagger/rollback",
       "post",
       "Flagger's rollback hook: 200 when the ruling is FAIL",
       "Ruling",
       {"Candidate"},
       "200",
       true},
  };
  Json out = Json::object();
  for (const Operation& each : of_all) out[each.path][each.method] = described(each, false);
  for (const Operation& each : of_one) {
    out[std::string(kTests) + "/{name}" + each.path][each.method] = described(each, true);
  }
  out[std::string(kTests) + "/{name}/epochs"]["post"]["requestBody"] = {
      {"required", false}, {"content", content("Cause")}};
  return out;
}

constexpr const char* kComponents = R"json({
 "schemas": {
  "Problem": {
   "type": "object",
   "description": "RFC 9457",
   "properties": {
    "type": {"type": "string"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"}
   }
  },
  "RulingWord": {"type": "string", "enum": ["PASS", "FAIL", "UNDECIDED", "NODATA"]},
  "Ruling": {
   "type": "object",
   "properties": {
    "ruling": {"$ref": "#/components/schemas/RulingWord"},
    "reason": {"type": "string"}
   }
  },
  "Tests": {
   "type": "object",
   "properties": {
    "tests": {
     "type": "array",
     "items": {"$ref": "#/components/schemas/Summary"}
    }
   }
  },
  "Heading": {
   "type": "object",
   "properties": {
    "test": {"type": "string"},
    "ruling": {"$ref": "#/components/schemas/RulingWord"},
    "reason": {
     "type": "string",
     "description": "One sentence"
    },
    "change": {
     "type": "string",
     "description": "What would make it another ruling"
    },
    "elapsedSeconds": {"type": "number"},
    "kept": {
     "type": "boolean",
     "description": "Whether the evidence outlives the process"
    },
    "notKeptBecause": {
     "type": "string",
     "description": "Empty where no store is set"
    },
    "epoch": {"$ref": "#/components/schemas/Epoch"}
   }
  },
  "Summary": {
   "allOf": [{"$ref": "#/components/schemas/Heading"}],
   "properties": {"compared": {"type": "integer"}}
  },
  "Field": {
   "type": "object",
   "properties": {
    "endpoint": {"type": "string"},
    "path": {"type": "string"},
    "kind": {"type": "string"},
    "count": {
     "type": "integer",
     "description": "Requests in which the candidate differs"
    },
    "noise": {
     "type": "integer",
     "description": "Requests in which the control does"
    },
    "counts": {"$ref": "#/components/schemas/Counts"},
    "unpaired": {"type": "integer"},
    "logEvidence": {"type": ["number", "null"]},
    "proven": {"type": "boolean"},
    "selected": {"type": "boolean"}
   }
  },
  "Endpoint": {
   "type": "object",
   "properties": {
    "endpoint": {"type": "string"},
    "sampled": {"type": "integer"},
    "compared": {"type": "integer"},
    "excluded": {"type": "integer", "description": "No evidence about their answers"},
    "differed": {"type": "integer"},
    "failedAlone": {
     "type": "integer",
     "description": "At the candidate and not at the control; without one, not live"
    },
    "failed": {
     "type": "object",
     "description": "By leg, whatever the others did",
     "properties": {
      "candidate": {
       "type": "integer"
      },
      "live": {"type": "integer"},
      "control": {"type": "integer"}
     }
    }
   }
  },
  "Check": {
   "type": "object",
   "properties": {
    "check": {
     "type": "string",
     "enum": [
      "errors",
      "mismatch",
      "first_byte_tail",
      "total_tail",
      "first_byte_median",
      "total_median"
     ]
    },
    "enabled": {"type": "boolean"},
    "proven": {"type": "boolean"},
    "weight": {"type": "number"},
    "pairs": {"type": "integer"},
    "counts": {"$ref": "#/components/schemas/Counts"},
    "logEvidenceFail": {"type": ["number", "null"]},
    "logEvidencePass": {"type": ["number", "null"]},
    "excess": {"type": ["number", "null"]},
    "excessWithin": {
     "type": "array",
     "items": {"type": ["number", "null"]}
    }
   }
  },
  "Verdict": {
   "allOf": [{"$ref": "#/components/schemas/Heading"}],
   "properties": {
    "logEvidenceFail": {"type": ["number", "null"]},
    "needed": {"type": "object"},
    "coverage": {
     "type": "object",
     "properties": {
      "seen": {"type": "integer"},
      "sampled": {"type": "integer"},
      "compared": {
       "type": "integer"
      },
      "share": {"type": "number"},
      "differentRequests": {
       "type": "integer",
       "description": "By method, host and path with query, of those judged; within a few percent"
      },
      "busiestClientShare": {
       "type": "number",
       "description": "Of those judged, of the client that asked most: told apart by sampling.key, or by address"
      },
      "excluded": {
       "type": "object",
       "additionalProperties": {
        "type": "integer"
       }
      },
      "excludedShare": {
       "type": "number",
       "description": "Of those chosen, as it is held against maxExcludedShare"
      },
      "missingEndpoints": {
       "type": "array",
       "items": {
        "type": "string"
       }
      }
     }
    },
    "checks": {
     "type": "array",
     "items": {"$ref": "#/components/schemas/Check"}
    },
    "fields": {
     "type": "array",
     "items": {"$ref": "#/components/schemas/Field"}
    },
    "endpoints": {
     "type": "array",
     "maxItems": 50,
     "description": "Where the candidate fails alone most often, first",
     "items": {
      "$ref": "#/components/schemas/Endpoint"
     }
    },
    "endpointsInAll": {"type": "integer"},
    "times": {"type": "object"},
    "rules": {"type": "array", "items": {"type": "object"}},
    "outcomes": {"type": "object"},
    "asked": {
     "type": "object",
     "description": "Where a candidate was asked about; unless onTrial, the evidence is another's",
     "properties": {"candidate": {"type": "string"}, "onTrial": {"type": "boolean"}}
    },
    "limits": {
     "type": "object",
     "description": "Comparisons that reached a limit, by it",
     "additionalProperties": {
      "type": "object",
      "properties": {
       "count": {
        "type": "integer",
        "description": "Of the candidate's answer"
       },
       "share": {
        "type": "number",
        "description": "That, of all comparisons"
       },
       "control": {
        "type": "integer",
        "description": "Of the control's answer"
       }
      }
     }
    }
   }
  },
  "Differences": {
   "allOf": [{"$ref": "#/components/schemas/Heading"}],
   "properties": {
    "fields": {
     "type": "array",
     "items": {
      "$ref": "#/components/schemas/Field"
     }
    },
    "total": {"type": "integer"}
   }
  },
  "Samples": {
   "type": "object",
   "properties": {
    "test": {"type": "string"},
    "samples": {"type": "array", "items": {"type": "object"}},
    "next": {
     "type": "string",
     "description": "There are more: ask again with this as after. Absent on the last page"
    }
   }
  },
  "Epoch": {
   "type": "object",
   "properties": {
    "number": {"type": "integer"},
    "began": {"type": "string", "format": "date-time"},
    "cause": {"type": "string"},
    "version": {"type": "string"},
    "candidate": {"type": "string"}
   }
  },
  "Counts": {
   "type": "object",
   "properties": {
    "candidateOnly": {"type": "integer"},
    "controlOnly": {"type": "integer"},
    "both": {"type": "integer"}
   }
  },
  "Document": {"type": "object", "description": "OpenAPI 3.1"},
  "Cause": {
   "type": "object",
   "properties": {"cause": {"type": "string", "maxLength": 200}}
  }
 },
 "parameters": {
  "Test": {
   "name": "name",
   "in": "path",
   "required": true,
   "description": "<namespace>.<name> of the ShadowTest",
   "schema": {"type": "string"}
  },
  "Limit": {
   "name": "limit",
   "in": "query",
   "schema": {
    "type": "integer",
    "minimum": 1,
    "maximum": 1000,
    "default": 100
   }
  },
  "Candidate": {
   "name": "candidate",
   "in": "query",
   "description": "UNDECIDED unless this is on trial: verdict.candidate, or what versionHeader says",
   "schema": {"type": "string", "minLength": 1}
  },
  "Endpoint": {"name": "endpoint", "in": "query", "schema": {"type": "string"}},
  "Path": {"name": "path", "in": "query", "schema": {"type": "string"}},
  "Kind": {"name": "kind", "in": "query", "schema": {"type": "string"}},
  "After": {
   "name": "after",
   "in": "query",
   "description": "What the page before named as next",
   "schema": {"type": "string"}
  }
 },
 "responses": {
  "Problem": {
   "description": "Not done; the body says why",
   "content": {
    "application/problem+json": {
     "schema": {
      "$ref": "#/components/schemas/Problem"
     }
    }
   }
  }
 }
})json";

}  // namespace

std::string_view openapi_document() {
  static const std::string document = [] {
    const Json json{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "gnomon: trials"},
          {"version", "1"},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
          {"summary", "Verdicts over the next version of a service, and what they rest on."}}},
        {"paths", paths()},
        {"components", Json::parse(kComponents)}};
    return json.dump(1) + "\n";
  }();
  return document;
}

}  // namespace gnomon::admin
