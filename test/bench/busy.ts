import { cpus } from 'node:os'
import type { Program } from './program.ts'

export interface Busy {
  /** How busy the machine's processors have been, all together, from 0 to 1. */
  machine: number
  /** CPU time of one program, of one processor's. */
  program: number
}

/** Returns a function that tells how busy all was since. */
export function watchProcessors(program: Pick<Program, 'cpuMs'>): () => Busy {
  const before = { ...readTimes(), cpuMs: program.cpuMs(), at: performance.now() }
  return () => {
    const after = readTimes()
    return {
      machine: 1 - (after.idle - before.idle) / (after.all - before.all),
      program: (program.cpuMs() - before.cpuMs) / (performance.now() - before.at),
    }
  }
}

/** `processors 41 % busy, the gateway took 35 % of one`. */
export function describeBusy({ machine, program }: Busy): string {
  return `processors ${percent(machine)} busy, the gateway took ${percent(program)} of one`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function readTimes(): { idle: number; all: number } {
  const sums = { idle: 0, all: 0 }
  for (const { times } of cpus()) {
    sums.idle += times.idle
    for (const ms of Object.values(times)) sums.all += ms
  }
  return sums
}
