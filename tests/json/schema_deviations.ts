/**
 * Where zag's verdict is another than that of the official test suite, test by test. What is listed
 * here must deviate and nothing else may.
 */

/** One test of the suite: draft, file, description of the case, description of the test, reason. */
export type Deviation = readonly [
  draft: string,
  file: string,
  testCase: string,
  test: string,
  reason: string,
];

/** In draft 7 a validator may look into encoded strings; none of those drafts demands it. */
const CONTENT = "contentEncoding and contentMediaType are annotations";
/** An answer in the wrong format is of no use to whoever asked for the format. */
const FORMATS = "formats are always checked";
/** Only the drafts' own schemas are known as schemas of schemas. */
const METASCHEMA = "another $schema is refused";
/** Patterns are often written for expressions without the `u` flag. */
const REGEX = "what is valid without the u flag is valid";

/** All tests of the suite that do not have the expected verdict. */
export const deviations: readonly Deviation[] = [
  [
    "draft7",
    "optional/content.json",
    "validation of string-encoded content based on media type",
    "an invalid JSON document",
    CONTENT,
  ],
  [
    "draft7",
    "optional/content.json",
    "validation of binary string-encoding",
    "an invalid base64 string (% is not a valid character)",
    CONTENT,
  ],
  [
    "draft7",
    "optional/content.json",
    "validation of binary-encoded media type documents",
    "a validly-encoded invalid JSON document",
    CONTENT,
  ],
  [
    "draft7",
    "optional/content.json",
    "validation of binary-encoded media type documents",
    "an invalid base64 string that is valid JSON",
    CONTENT,
  ],
  [
    "draft2019-09",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "applicator vocabulary still works",
    METASCHEMA,
  ],
  [
    "draft2019-09",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "no validation: valid number",
    METASCHEMA,
  ],
  [
    "draft2019-09",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "no validation: invalid number, but it still validates",
    METASCHEMA,
  ],
  [
    "draft2019-09",
    "vocabulary.json",
    "ignore unrecognized optional vocabulary",
    "string value",
    METASCHEMA,
  ],
  [
    "draft2019-09",
    "vocabulary.json",
    "ignore unrecognized optional vocabulary",
    "number value",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "format.json",
    "email format",
    "invalid email string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "idn-email format",
    "invalid idn-email string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "regex format",
    "invalid regex string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "ipv4 format",
    "invalid ipv4 string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "ipv6 format",
    "invalid ipv6 string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "idn-hostname format",
    "invalid idn-hostname string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "hostname format",
    "invalid hostname string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "date format",
    "invalid date string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "date-time format",
    "invalid date-time string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "time format",
    "invalid time string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "json-pointer format",
    "invalid json-pointer string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "relative-json-pointer format",
    "invalid relative-json-pointer string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "iri format",
    "invalid iri string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "iri-reference format",
    "invalid iri-reference string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "uri format",
    "invalid uri string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "uri-reference format",
    "invalid uri-reference string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "uri-template format",
    "invalid uri-template string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "uuid format",
    "invalid uuid string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "format.json",
    "duration format",
    "invalid duration string is only an annotation by default",
    FORMATS,
  ],
  [
    "draft2020-12",
    "optional/format/ecmascript-regex.json",
    "\\a is not an ECMA 262 control escape",
    "when used as a pattern",
    REGEX,
  ],
  [
    "draft2020-12",
    "optional/format-assertion.json",
    "schema that uses custom metaschema with format-assertion: false",
    "format-assertion: false: valid string",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "optional/format-assertion.json",
    "schema that uses custom metaschema with format-assertion: false",
    "format-assertion: false: invalid string",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "optional/format-assertion.json",
    "schema that uses custom metaschema with format-assertion: true",
    "format-assertion: true: valid string",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "optional/format-assertion.json",
    "schema that uses custom metaschema with format-assertion: true",
    "format-assertion: true: invalid string",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "applicator vocabulary still works",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "no validation: valid number",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "vocabulary.json",
    "schema that uses custom metaschema with with no validation vocabulary",
    "no validation: invalid number, but it still validates",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "vocabulary.json",
    "ignore unrecognized optional vocabulary",
    "string value",
    METASCHEMA,
  ],
  [
    "draft2020-12",
    "vocabulary.json",
    "ignore unrecognized optional vocabulary",
    "number value",
    METASCHEMA,
  ],
];
