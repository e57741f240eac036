import { isRecord } from '../error-body.ts'
import type { Answer } from '../exchange.ts'
import { parseWithIds } from '../json.ts'

/** The JSON object of an answer; empty when it holds anything else. */
export function readObject({ text }: Answer): Record<string, unknown> {
  try {
    const value = parseWithIds(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
