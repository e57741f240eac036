import fc from 'fast-check'
import t from 'tap'
import { addressBlock } from '../../src/callers/address.ts'

const table: [address: string, block: string][] = [
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['::FFFF:10.0.0.7', '10.0.0.7'],
  ['10.0.0.7:51234', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::6]:51234', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::10.0.0.7', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:10.0.0.7', '1:2:3:4::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['unknown', 'unknown'],
  ['', 'unknown'],
  ['10.0.0.7, 10.0.0.8', 'unknown'],
  ['10.0.0.777', 'unknown'],
]

t.test('what counts as one caller', async (t) => {
  for (const [address, block] of table) t.equal(addressBlock(address), block, address)
})

t.test('whatever is said, it is short', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text) => addressBlock(text).length <= 24))
})

t.test('all addresses of a /64 are one caller, those of the next are another', async () => {
  const group = fc.nat(0xffff).map((number) => number.toString(16))
  const four = fc.array(group, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(four, four, four, (network, one, other) => {
      const block = (host: string[]) => addressBlock([...network, ...host].join(':'))
      const next = [...network.slice(0, 3), (Number.parseInt(network[3] ?? '', 16) ^ 1).toString(16)]
      return block(one) === block(other) && block(one) !== addressBlock([...next, ...one].join(':'))
    }),
  )
})
