import { type Clock, OVER } from '../clock.ts'
import type { Admission } from './admission.ts'
import type { Acceptance } from './auth/acceptance.ts'
import type { Credential, Token } from './auth/credential.ts'
import type { Budgets } from './budget.ts'
import { answerError, decodeError } from './decode-error.ts'
import { isRecord } from './error-body.ts'
import { DatabricksError, type ErrorReason } from './errors.ts'
import type { Answer, HttpRequest, Send } from './exchange.ts'
import { parseWithIds } from './json.ts'
import { decideRetry, type RetryDecision, tryTimeoutMs, UNTOLD_DELAY_MS } from './retry.ts'
import { cleanText } from './text.ts'
import type { BudgetedEndpoint, Call, Observer } from './types.ts'

const MAX_BYTES = 16 * 2 ** 20
/** However long a 429 asks for: after this one request finds out whether it still holds. */
const LONGEST_HOLD_MS = 60_000
/** A token older than this may predate a change of our permissions. */
const YOUNG_TOKEN_MS = 60_000

export interface Operation<T> {
  endpoint: BudgetedEndpoint
  method: 'GET' | 'POST'
  path: string
  query?: Record<string, string | number | boolean | undefined>
  body?: string
  /** A second post does no harm: a read, a cancel, or a run-now with its token. */
  repeatable: boolean
  /** Gives half of the time left to a try, so that a lost answer leaves time for another. */
  halve?: boolean
  /** Sent though Databricks is ill, and once: that is how it is found to be well. */
  probe?: boolean
  maxBytes?: number
  /** What was asked for, or undefined when the answer does not hold it. */
  read(answer: Record<string, unknown>): T | undefined
  /** Told of every try that failed, the last one included. */
  onFailedTry?(error: DatabricksError): void
}

/** With `turn: 'taken'` the first try has its token of the budget already. */
export type Request = <T>(operation: Operation<T>, call: Call & { turn?: 'taken' }) => Promise<T>

type Outcome<T> = { value: T } | { error: DatabricksError; token: Token | undefined }

interface RequestDeps {
  /** Origin of the workspace. */
  host: string
  /** Sent with every request. */
  headers: Record<string, string>
  credential: Credential
  acceptance: Acceptance
  admission: Admission
  budgets: Budgets
  send: Send
  clock: Clock
  random: () => number
  observer?: Observer | undefined
}

/** Carries an operation through its tries until it has an answer or its call is over. */
export function createRequest(deps: RequestDeps): Request {
  const { host, headers, credential, acceptance, admission, budgets, send, clock, random, observer } = deps

  async function attempt<T>(
    operation: Operation<T>,
    call: Call,
    { hasTurn, resends }: { hasTurn: boolean; resends: number },
  ): Promise<Outcome<T>> {
    let token: Token | undefined
    try {
      await admission.admit(operation, call, hasTurn)
      const end = clock.now() + tryTimeoutMs(clock.now(), call.deadline, operation.halve ?? false)
      token = await waitForToken(end, operation, call)
      const answer = await ask(operation, token, { timeoutMs: timeLeft(end), signal: call.signal, resends })
      return { value: readAnswer(answer, operation, token) }
    } catch (thrown) {
      return { error: thrown instanceof DatabricksError ? thrown : unforeseen(thrown), token }
    }
  }

  function ask(
    operation: Operation<unknown>,
    token: Token,
    limits: Pick<HttpRequest, 'timeoutMs' | 'signal' | 'resends'>,
  ): Promise<Answer> {
    const url = new URL(operation.path, host)
    for (const [name, value] of Object.entries(operation.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(name, String(value))
      }
    }
    const { body } = operation
    return send(operation.endpoint, {
      method: operation.method,
      url,
      headers: { ...headers, ...token.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
      maxBytes: operation.maxBytes ?? MAX_BYTES,
      ...limits,
    })
  }

  function readAnswer<T>(answer: Answer, operation: Operation<T>, token: Token): T {
    if (answer.status < 200 || answer.status >= 300) {
      throw decodeError(answer, clock.now(), token.secrets)
    }
    const value = parse(answer.text)
    const found = value && value['error_code'] === undefined ? operation.read(value) : undefined
    if (found === undefined) {
      throw answerError(answer, host, token.secrets)
    }
    return found
  }

  function timeLeft(end: number): number {
    const left = end - clock.now()
    if (left <= 0) {
      throw notSent('timeout', 'The time was up before Databricks could be asked')
    }
    return left
  }

  /** The fetch of a token is shared, so a caller who stops waiting leaves it running. */
  async function waitForToken(end: number, operation: Operation<unknown>, call: Call): Promise<Token> {
    const timeoutMs = timeLeft(end)
    const over = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<Token>()
    void credential.token().then(resolve, reject)
    for (const signal of admission.interruptions(operation, call)) {
      signal.addEventListener('abort', () => reject(admission.interrupted(call)), { once: true, signal: over.signal })
    }
    void clock.sleep(timeoutMs, over.signal).then(() => {
      if (!over.signal.aborted) reject(notSent('timeout', `No access token within ${Math.round(timeoutMs)} ms`))
    })
    return promise.finally(() => over.abort(OVER))
  }

  /** The token itself may be why Databricks said no: once a call, it is fetched anew and the request made again. */
  function renewToken(used: Token | undefined, error: DatabricksError): RetryDecision | undefined {
    if (!used || !error.sent || (error.kind !== 'credential' && error.kind !== 'denied')) {
      return undefined
    }
    if (error.kind === 'credential' || clock.now() - used.issuedAt > YOUNG_TOKEN_MS) {
      credential.drop(used)
    }
    return { retry: true, delayMs: 0, reason: 'credential' }
  }

  /** False: the call is over, or Databricks ill, and then nothing is tried again. */
  async function pause(ms: number, operation: Operation<unknown>, call: Call): Promise<boolean> {
    const over = AbortSignal.any(admission.interruptions(operation, call))
    await clock.sleep(ms, over)
    return !over.aborted
  }

  function judgeCredential({ kind }: DatabricksError): void {
    if (kind === 'credential') {
      acceptance.refused()
    } else if (kind === 'refused' || kind === 'missing') {
      acceptance.accepted()
    }
  }

  return async (operation, call) => {
    const { repeatable } = operation
    let renewed = false
    for (let tries = 1; ; tries++) {
      const hasTurn = tries === 1 && call.turn === 'taken'
      const outcome = await attempt(operation, call, { hasTurn, resends: tries - 1 })
      if ('value' in outcome) {
        acceptance.accepted()
        return outcome.value
      }
      const { error, token } = outcome
      operation.onFailedTry?.(error)
      if (error.reason === 'throttled') {
        budgets[operation.endpoint].hold(Math.min(error.retryAfterMs ?? UNTOLD_DELAY_MS, LONGEST_HOLD_MS))
      }
      const renewal: RetryDecision | undefined = renewed ? undefined : renewToken(token, error)
      renewed ||= renewal !== undefined
      const now = clock.now()
      const decision = renewal ?? decideRetry({ error, tries, repeatable, now, deadline: call.deadline, random })
      if (operation.probe || !decision.retry || !(await pause(decision.delayMs, operation, call))) {
        judgeCredential(error)
        throw error
      }
      observer?.retry(operation.endpoint, decision.reason)
    }
  }
}

function notSent(reason: ErrorReason, message: string): DatabricksError {
  return new DatabricksError(message, { kind: 'unavailable', reason, sent: false, transient: reason === 'timeout' })
}

/** A defect of ours. What was done before it is not known. */
function unforeseen(cause: unknown): DatabricksError {
  const message = `The answer could not be handled: ${cleanText(String(cause))}`
  return new DatabricksError(message, { kind: 'unavailable', reason: 'answer', sent: true, cause })
}

/** Undefined for what is not a JSON object; an empty body counts as an empty object. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseWithIds(text.trim() === '' ? '{}' : text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
