/** Keeps secrets out of text, by value and by shape. */
export interface Secrets {
  /** From now on this value is redacted, also as JSON or a URL spells it; returns the value. */
  add(value: string): string
  redact(text: string): string
}

const REDACTED = '[redacted]'

/** Shorter than any real secret: replacing it would only garble what it happens to be part of. */
const MIN_LENGTH = 8

/** The value of a JSON property, a header as a rule, that never belongs into a log. */
const NAMED =
  '("(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|api_key|password|secret|client_secret|token|access_token)":)' +
  '(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\])'

/** Bounded, so that a text made of beginnings costs no quadratic time. */
const JWT = 'eyJ[\\w-]{8,500}\\.[\\w-]{1,8000}\\.[\\w-]*'

const isJwt = new RegExp(`^${JWT}$`)

/**
 * What is known by its looks, so that nobody has to tell: our keys and signatures, Databricks' secrets and tokens, JWTs,
 * credentials.
 */
const SHAPES = [
  NAMED,
  '\\b(bearer |basic )[\\w.~+/-]{16,}=*',
  '\\bgw_[\\w-]{43}',
  '\\bsignature=[\\w-]{43}',
  '\\b(?:dapi|dose)[0-9a-f]{32}(?:-\\d+)?',
  JWT,
]

export function createSecrets(): Secrets {
  const spellings = new Set<string>()
  let pattern = compile(spellings)
  return {
    add(value) {
      // A JWT is known by its looks; those of each hour, of a workload identity, would pile up here.
      if (value.length >= MIN_LENGTH && !spellings.has(value) && !isJwt.test(value)) {
        for (const spelling of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
          spellings.add(spelling)
        pattern = compile(spellings)
      }
      return value
    },
    redact: (text) =>
      text.replace(pattern, (_match, property?: string, scheme?: string) =>
        property ? `${property}"${REDACTED}"` : `${scheme ?? ''}${REDACTED}`,
      ),
  }
}

/** Longest first: a secret that begins with another one goes as a whole. */
function compile(spellings: Set<string>): RegExp {
  const values = [...spellings].sort((a, b) => b.length - a.length).map((spelling) => RegExp.escape(spelling))
  return new RegExp([...SHAPES, ...values].join('|'), 'gi')
}
