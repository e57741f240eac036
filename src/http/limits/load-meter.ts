import { type Histogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Load, ReadLoad } from './overload.ts'

/** Tells how hard it is for this process to keep up, now. */
export interface LoadMeter {
  load: ReadLoad
  stop(): void
}

const IDLE: Load = { delayMs: 0, heapShare: 0 }

/** A single pause is no overload, such as that in which ten thousand waits end at once: it takes so many samples. */
const SAMPLES = 5
const SAMPLE_MS = 1_000
const RESOLUTION_MS = 20

/**
 * Measures the event loop of this process, and its heap. Looks when it is asked, once a second at most: who is not
 * called has no load.
 */
export function createLoadMeter(): LoadMeter {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let sampledAt: number | undefined
  let samples: readonly Load[] = []
  let lasting = IDLE

  return {
    load(at) {
      const sinceMs = at - (sampledAt ?? at)
      sampledAt ??= at
      // Not only when it is time: the clock may have been set back.
      if (sinceMs >= 0 && sinceMs < SAMPLE_MS) return lasting
      samples = [...samples, { delayMs: readDelay(delays, sinceMs), heapShare: readHeapShare() }].slice(-SAMPLES)
      sampledAt = at
      lasting = samples.length < SAMPLES ? IDLE : findLeast(samples)
      return lasting
    },
    stop: () => void delays.disable(),
  }
}

/** The mean since the last look. */
function readDelay(delays: Histogram, sinceMs: number): number {
  // Not one turn was ended since: the process has been busy all the time.
  const delayMs = delays.count === 0 ? sinceMs : delays.mean / 1e6 - RESOLUTION_MS
  delays.reset()
  return Math.max(0, delayMs)
}

function readHeapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}

function findLeast(samples: readonly Load[]): Load {
  return {
    delayMs: Math.min(...samples.map(({ delayMs }) => delayMs)),
    heapShare: Math.min(...samples.map(({ heapShare }) => heapShare)),
  }
}
