import type { YAMLError } from 'yaml'

/** What is wrong, by the parser's code. Own texts, since those of the parser quote the source, which may hold a secret. */
export const syntaxMessages: Record<YAMLError['code'], string> = {
  ALIAS_PROPS: 'an alias takes no anchor and no tag',
  BAD_ALIAS: 'an alias needs the name of an anchor that stands before it; text that starts with * needs quotes',
  BAD_COLLECTION_TYPE: 'this tag does not fit what it stands on',
  BAD_DIRECTIVE: 'this directive (a line that starts with %) is not understood; take it out',
  BAD_DQ_ESCAPE: 'unknown escape in double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT:
    'the indentation is wrong, or a closing bracket is missing; entries of one mapping or list start in one column',
  BAD_PROP_ORDER: 'an anchor or tag stands before the value, on its line',
  BAD_SCALAR_START: 'text that starts with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping cannot start on the line of another key; check colons and indentation',
  BLOCK_IN_FLOW: 'between { } or [ ] only flow style is taken',
  DUPLICATE_KEY: 'this key stands twice in its mapping; keep one',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key is too long; check colons and quotes',
  MISSING_CHAR: 'a character is missing here, such as a closing quote or bracket, a comma, or a space after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line; check colons, quotes and indentation',
  MULTIPLE_ANCHORS: 'a value takes one anchor',
  MULTIPLE_DOCS: 'one file holds one document; take out the --- line or split the file',
  MULTIPLE_TAGS: 'a value takes one tag',
  NON_STRING_KEY: 'a key must be text; write it in quotes',
  RESOURCE_EXHAUSTION: 'the values are nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent YAML; use spaces',
  TAG_RESOLVE_FAILED: 'this tag is not known here; take it out',
  UNEXPECTED_TOKEN: 'this was not expected here; check quotes, colons and indentation',
}
