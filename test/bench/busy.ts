import { cpus } from 'node:os'

/** Returns a function that tells how busy the machine's processors, all together, have been since: from 0 to 1. */
export function watchProcessors(): () => number {
  const before = readTimes()
  return () => {
    const after = readTimes()
    return 1 - (after.idle - before.idle) / (after.all - before.all)
  }
}

function readTimes(): { idle: number; all: number } {
  const sums = { idle: 0, all: 0 }
  for (const { times } of cpus()) {
    sums.idle += times.idle
    for (const ms of Object.values(times)) sums.all += ms
  }
  return sums
}
