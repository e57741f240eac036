import { ACTIVE_STATES, DONE_STATES } from '../runs/run.ts'

/** The words that the text forms answer with; none contains another. */
export const OUTCOME_WORDS = [...ACTIVE_STATES, ...DONE_STATES, 'OK', 'KO', 'ACTIVE'] as const

const outcomeWord = new RegExp(OUTCOME_WORDS.join('|'))

/**
 * Takes outcome words out of an error's text by writing every word that holds one in lower case: whoever looks for
 * SUCCEEDED or OK in a text answer never finds it in an error, whatever a caller or Databricks had to say.
 */
export function avoidOutcomeWords(text: string): string {
  return text.replaceAll(/[A-Za-z0-9_]+/g, (word) => (outcomeWord.test(word) ? word.toLowerCase() : word))
}
