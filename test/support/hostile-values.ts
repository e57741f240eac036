import fc from 'fast-check'

const CURIOSITIES = [
  ...[
    '',
    ' ',
    '\t',
    'null',
    'undefined',
    'true',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
  ],
  ...[
    '../../etc/passwd',
    '%2e%2e%2f',
    '%',
    '%00',
    '%ff',
    '\0',
    '\r\nX-Injected: 1',
    "' OR 1=1 --",
    '<script>',
    '*',
    '/',
  ],
  ...['{{order}}', ['$', '{ORDER}'].join(''), '%%ORDERID', '@{run}', 'SUCCEEDED', 'OK', 'ACTIVE', '"quoted"', '"open'],
  ...['-0', '0', '-1', '1', '1.0', '1e309', 'NaN', '0x10', '9007199254740993', '18446744073709551616', 'a,b', 'a=b'],
  ...[
    '2026-02-30',
    '2026-11-22',
    '20261122',
    '261122',
    '2026-11-22T20:00:00Z',
    '２０２６',
    '\ud800',
    '\u202e',
    'ñ',
    '🙂',
  ],
  ...['a'.repeat(256), '🙂'.repeat(255), '1'.repeat(400)],
]

/** Texts that programs stumble over. */
export const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...CURIOSITIES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
)

const NUMBERS = ['0', '-0', '1.5', '1e400', '-1e-400', '9007199254740993', '1'.repeat(400)]

/** JSON, as text: members may stand twice, and numbers be as long as they like. */
export const jsonText = fc.letrec<Record<'value' | 'scalar' | 'array' | 'object', string>>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, tie('scalar'), tie('array'), tie('object')),
  scalar: fc.oneof(
    text.map((value) => JSON.stringify(value)),
    fc.constantFrom('null', 'true', 'false', ...NUMBERS),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  object: jsonMembers(fc.tuple(text, tie('value')), 4),
})).value

/** An object of these members, each a name and a value that is JSON already. */
export function jsonMembers(member: fc.Arbitrary<[name: string, json: string]>, maxLength: number) {
  return fc
    .array(member, { maxLength })
    .map((members) => `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`)
}

/** As deep as the body may be long. */
export const nestedJson = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"parameters":', '}']), fc.nat(9_000))
  .map(([[open = '', close = ''], depth]) => `${open.repeat(depth)}1${close.repeat(depth)}`)

/** One place of the text is something else, or missing. */
export function damage(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(whole, fc.nat(200), text).map(([whole, at, junk]) => {
    const cut = Math.min(at, whole.length)
    return whole.slice(0, cut) + junk + whole.slice(cut + 1)
  })
}

/** For a path or a query: encoded whole, or only where HTTP itself would fail. */
export const urlText = fc
  .tuple(text, fc.boolean())
  .map(([value, whole]) => (whole ? encode(value) : value.replaceAll(/[^\x21-\x7e]|[?#]/g, encode)))

export function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed())
}

/** The bytes of UTF-8, which is what most callers send, without those that no header can hold. */
export const headerText = text.map((value) =>
  Buffer.from(value)
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ''),
)
