import { readMaxLength } from '../config/pattern.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import type { ParameterConfig } from '../config/schema/parameters.ts'

/** What a job takes, as JSON Schema (2020-12). Values may also be sent as text, as forms and queries do. Pure. */
export function describeParameters(job: Pick<JobConfig, 'parameters' | 'additional_parameters'>): object {
  const declared = Object.entries(job.parameters)
  const required = declared.filter(([, rule]) => rule.required).map(([name]) => name)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(declared.map(([name, rule]) => [name, describeParameter(rule)])),
    required,
    additionalProperties: job.additional_parameters ? { type: 'string' } : false,
  }
}

function describeParameter(rule: ParameterConfig): object {
  const { type, description, enum: values, pattern, minimum, maximum } = rule
  const maxLength = readMaxLength(rule)
  return {
    ...(type === 'date' ? { type: 'string', format: 'date' } : { type }),
    ...(description !== undefined && { description }),
    ...(values !== undefined && { enum: values }),
    ...(pattern !== undefined && { pattern: `^(?:${pattern})$` }),
    ...(maxLength !== undefined && { maxLength }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(rule.default !== undefined && { default: rule.default }),
  }
}
