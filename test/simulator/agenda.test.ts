import fc from 'fast-check'
import t from 'tap'
import { createAgenda } from '../../src/simulator/agenda.ts'

t.test('what is due comes earliest first, and what is due together in the order it was added', (t) => {
  const property = fc.property(fc.array(fc.nat({ max: 20 })), fc.nat({ max: 20 }), (instants, now) => {
    const agenda = createAgenda<number>()
    for (const [index, at] of instants.entries()) agenda.add(at, index)
    const taken: { at: number; item: number }[] = []
    for (let due = agenda.take(now); due; due = agenda.take(now)) taken.push({ at: due.at, item: due.item })
    const expected = instants.map((at, item) => ({ at, item })).filter(({ at }) => at <= now)
    expected.sort((a, b) => a.at - b.at || a.item - b.item)
    return JSON.stringify(taken) === JSON.stringify(expected)
  })
  t.doesNotThrow(() => fc.assert(property))
  t.end()
})
