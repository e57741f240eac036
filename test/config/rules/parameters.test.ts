import t from 'tap'
import { testProblems } from '../../support/config-files.ts'

const parameter = (rest: string) => `jobs:\n  a: { job_id: "1", parameters: { p: { ${rest} } } }`
const at = (column: number) => `gateway.yaml:2:${column}`

testProblems(t, [
  [
    'bounds that do not fit the type',
    parameter('type: integer, pattern: a, max_length: 3'),
    [
      `${at(55)} jobs.a.parameters.p.pattern: is only for type string, and this is integer`,
      `${at(67)} jobs.a.parameters.p.max_length: is only for type string, and this is integer`,
    ],
  ],
  [
    'number bounds on text, the wrong way round',
    parameter('minimum: 5, maximum: 4'),
    [
      `${at(40)} jobs.a.parameters.p.minimum: is only for numbers, and this is string`,
      `${at(52)} jobs.a.parameters.p.maximum: is only for numbers, and this is string`,
      `${at(52)} jobs.a.parameters.p.maximum: must be at least minimum (5), but is 4`,
    ],
  ],
  [
    'a default that is never used',
    parameter('required: true, default: x'),
    [`${at(56)} jobs.a.parameters.p.default: is never used: the parameter is required; take one out`],
  ],
  [
    'a default of another type',
    parameter('type: date, default: 20251202'),
    [`${at(52)} jobs.a.parameters.p.default: must be a day of the calendar, as YYYY-MM-DD; it is 20251202`],
  ],
  [
    'a date that does not exist',
    parameter('type: date, enum: [2026-02-28, 2026-02-30]'),
    [`${at(71)} jobs.a.parameters.p.enum[1]: must be a day of the calendar, as YYYY-MM-DD; it is "2026-02-30"`],
  ],
  [
    'an enum and a default that break their own rules',
    parameter('enum: [A, BB, ccc], pattern: "[A-Z]+", max_length: 2, default: C'),
    [
      `${at(54)} jobs.a.parameters.p.enum[2]: is longer than max_length (2); it is "ccc"`,
      `${at(94)} jobs.a.parameters.p.default: must be one of its enum: A, BB, ccc; it is "C"`,
    ],
  ],
  [
    'a default that matches its pattern only in part',
    parameter('pattern: "a|b", default: ab'),
    [`${at(56)} jobs.a.parameters.p.default: does not match pattern a|b; it is "ab"`],
  ],
  [
    'a number beyond its bounds',
    parameter('type: number, minimum: 0, maximum: 1, default: 1.5'),
    [`${at(78)} jobs.a.parameters.p.default: must be at most maximum (1); it is 1.5`],
  ],
  [
    'patterns that are none, or may take for ever',
    'jobs:\n  a:\n    job_id: "1"\n    parameters:\n      p: { pattern: "a)(b" }\n      q: { pattern: "(a+)+" }',
    [
      "gateway.yaml:5:12 jobs.a.parameters.p.pattern: is no regular expression: Unmatched ')'",
      'gateway.yaml:6:12 jobs.a.parameters.q.pattern: repeats a group that itself repeats or has alternatives, which some values would take for ever to match; repeat a character class instead, such as [A-Z_]+',
    ],
  ],
])
