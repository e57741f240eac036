/** A queue of things due, earliest first; equal instants in the order of `add`. A binary heap. */
export interface Agenda<T> {
  add(at: number, item: T): void
  /** Removes and returns the first item due at `now` or before. */
  take(now: number): { at: number; item: T } | undefined
}

interface Entry<T> {
  readonly at: number
  readonly order: number
  readonly item: T
}

export function createAgenda<T>(): Agenda<T> {
  const heap: Entry<T>[] = []
  let order = 0

  const before = (a: Entry<T>, b: Entry<T>) => a.at < b.at || (a.at === b.at && a.order < b.order)

  const rise = (entry: Entry<T>) => {
    let place = heap.length
    while (place > 0) {
      const up = (place - 1) >> 1
      const parent = heap[up]
      if (!parent || !before(entry, parent)) break
      heap[place] = parent
      place = up
    }
    heap[place] = entry
  }

  const sink = (entry: Entry<T>) => {
    let place = 0
    for (;;) {
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]]
      const rightFirst = left && right && before(right, left)
      const child = rightFirst ? right : left
      if (!child || !before(child, entry)) break
      heap[place] = child
      place = 2 * place + (rightFirst ? 2 : 1)
    }
    heap[place] = entry
  }

  return {
    add: (at, item) => rise({ at, order: order++, item }),
    take: (now) => {
      const first = heap[0]
      if (!first || first.at > now) return undefined
      const last = heap.pop()
      if (last && heap.length > 0) sink(last)
      return first
    },
  }
}
