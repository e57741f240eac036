import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { median } from './quantile.ts'

const SYNCS = 100
const PAGE = Buffer.alloc(4096)

/** What absolute figures depend on: processor, Node, and how long the disk of `folder` takes to keep a page. */
export function describeMachine(folder: string) {
  const facts = {
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    sync_ms: timeSync(join(folder, 'sync')),
  }
  const text = `Node ${facts.node} on ${facts.processors} × ${facts.processor}; a page is on the disk after ${facts.sync_ms.toFixed(2)} ms.`
  return { ...facts, text }
}

function timeSync(file: string): number {
  const descriptor = openSync(file, 'w')
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(descriptor, PAGE)
    const begun = performance.now()
    fdatasyncSync(descriptor)
    return performance.now() - begun
  })
  closeSync(descriptor)
  return median(times)
}
