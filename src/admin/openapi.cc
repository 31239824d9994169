#include "admin/openapi.h"

namespace gnomon::admin {

std::string_view openapi_document() noexcept {
  return R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "gnomon: trials",
  "version": "1",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
  "summary": "Verdicts over the next version of a service, and what they rest on."
 },
 "paths": {
  "/api/v1/openapi.json": {
   "get": {"summary": "This document", "responses": {"200": {"description": "OK"}}}
  },
  "/api/v1/tests": {
   "get": {
    "summary": "All tests, a summary of each",
    "responses": {
     "200": {
      "description": "OK",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tests"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}": {
   "get": {
    "summary": "One test",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "responses": {
     "200": {
      "description": "OK",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Summary"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/verdict": {
   "get": {
    "summary": "The verdict with its evidence",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "responses": {
     "200": {
      "description": "OK",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Verdict"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/differences": {
   "get": {
    "summary": "Fields that differ, the strongest evidence first",
    "parameters": [
     {"$ref": "#/components/parameters/Test"},
     {"$ref": "#/components/parameters/Limit"}
    ],
    "responses": {
     "200": {
      "description": "OK",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Differences"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/samples": {
   "get": {
    "summary": "Answers that differ, redacted; of one field or of all",
    "parameters": [
     {"$ref": "#/components/parameters/Test"},
     {"$ref": "#/components/parameters/Limit"},
     {"name": "endpoint", "in": "query", "schema": {"type": "string"}},
     {"name": "path", "in": "query", "schema": {"type": "string"}},
     {"name": "kind", "in": "query", "schema": {"type": "string"}}
    ],
    "responses": {
     "200": {
      "description": "OK",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Samples"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/epochs": {
   "post": {
    "summary": "What is on trial has changed: begin anew",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "requestBody": {
     "required": false,
     "content": {
      "application/json": {
       "schema": {
        "type": "object",
        "properties": {"cause": {"type": "string", "maxLength": 200}}
       }
      }
     }
    },
    "responses": {
     "201": {
      "description": "Begun",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Summary"}}}
     },
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/flagger/confirm": {
   "post": {
    "summary": "Flagger's confirm-* hooks: 200 once the ruling is PASS",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "responses": {
     "200": {"$ref": "#/components/responses/Ruling"},
     "409": {"$ref": "#/components/responses/Problem"},
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/flagger/rollout": {
   "post": {
    "summary": "Flagger's rollout hook: 200 unless the ruling is FAIL",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "responses": {
     "200": {"$ref": "#/components/responses/Ruling"},
     "409": {"$ref": "#/components/responses/Problem"},
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  },
  "/api/v1/tests/{name}/flagger/rollback": {
   "post": {
    "summary": "Flagger's rollback hook: 200 when the ruling is FAIL",
    "parameters": [{"$ref": "#/components/parameters/Test"}],
    "responses": {
     "200": {"$ref": "#/components/responses/Ruling"},
     "409": {"$ref": "#/components/responses/Problem"},
     "default": {"$ref": "#/components/responses/Problem"}
    }
   }
  }
 },
 "components": {
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
   "Ruling": {
    "type": "object",
    "properties": {
     "ruling": {"type": "string", "enum": ["PASS", "FAIL", "UNDECIDED", "NODATA"]},
     "reason": {"type": "string"}
    }
   },
   "Tests": {
    "type": "object",
    "properties": {"tests": {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}}}
   },
   "Summary": {
    "type": "object",
    "properties": {
     "test": {"type": "string"},
     "ruling": {"type": "string", "enum": ["PASS", "FAIL", "UNDECIDED", "NODATA"]},
     "reason": {"type": "string", "description": "One sentence"},
     "change": {"type": "string", "description": "What would make it another ruling"},
     "elapsedSeconds": {"type": "number"},
     "epoch": {"$ref": "#/components/schemas/Epoch"},
     "compared": {"type": "integer"}
    }
   },
   "Field": {
    "type": "object",
    "properties": {
     "endpoint": {"type": "string"},
     "path": {"type": "string"},
     "kind": {"type": "string"},
     "count": {"type": "integer", "description": "Requests in which the candidate differs"},
     "noise": {"type": "integer", "description": "Requests in which the control does"},
     "counts": {"$ref": "#/components/schemas/Counts"},
     "unpaired": {"type": "integer"},
     "logEvidence": {"type": ["number", "null"]},
     "proven": {"type": "boolean"},
     "selected": {"type": "boolean"}
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
     "excessWithin": {"type": "array", "items": {"type": ["number", "null"]}}
    }
   },
   "Verdict": {
    "type": "object",
    "properties": {
     "test": {"type": "string"},
     "ruling": {"type": "string", "enum": ["PASS", "FAIL", "UNDECIDED", "NODATA"]},
     "reason": {"type": "string", "description": "One sentence"},
     "change": {"type": "string", "description": "What would make it another ruling"},
     "elapsedSeconds": {"type": "number"},
     "epoch": {"$ref": "#/components/schemas/Epoch"},
     "logEvidenceFail": {"type": ["number", "null"]},
     "needed": {"type": "object"},
     "coverage": {
      "type": "object",
      "properties": {
       "seen": {"type": "integer"},
       "sampled": {"type": "integer"},
       "compared": {"type": "integer"},
       "share": {"type": "number"},
       "excluded": {"type": "object", "additionalProperties": {"type": "integer"}},
       "excludedShare": {
        "type": "number",
        "description": "Of those chosen, as it is held against maxExcludedShare"
       },
       "missingEndpoints": {"type": "array", "items": {"type": "string"}},
       "endpoints": {
        "type": "array",
        "description": "The most frequent ones",
        "items": {
         "type": "object",
         "properties": {
          "endpoint": {"type": "string"},
          "sampled": {"type": "integer"},
          "compared": {"type": "integer"},
          "excluded": {"type": "integer"}
         }
        }
       }
      }
     },
     "checks": {"type": "array", "items": {"$ref": "#/components/schemas/Check"}},
     "fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}},
     "times": {"type": "object"},
     "rules": {"type": "array", "items": {"type": "object"}},
     "outcomes": {"type": "object"}
    }
   },
   "Differences": {
    "type": "object",
    "properties": {
     "test": {"type": "string"},
     "ruling": {"type": "string", "enum": ["PASS", "FAIL", "UNDECIDED", "NODATA"]},
     "reason": {"type": "string", "description": "One sentence"},
     "change": {"type": "string", "description": "What would make it another ruling"},
     "elapsedSeconds": {"type": "number"},
     "epoch": {"$ref": "#/components/schemas/Epoch"},
     "fields": {"type": "array", "items": {"$ref": "#/components/schemas/Field"}},
     "total": {"type": "integer"}
    }
   },
   "Samples": {
    "type": "object",
    "properties": {
     "test": {"type": "string"},
     "samples": {"type": "array", "items": {"type": "object"}}
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
    "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
   }
  },
  "responses": {
   "Problem": {
    "description": "Not done; the body says why",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
   },
   "Ruling": {
    "description": "OK",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ruling"}}}
   }
  }
 }
})json";
}

}  // namespace gnomon::admin
