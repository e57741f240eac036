import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { auditContract } from './audit-contract.ts'
import { runStoreContract } from './contract.ts'
import { leaseContract } from './lease-contract.ts'
import { pauseContract } from './pause-contract.ts'
import { purgeContract } from './purge-contract.ts'
import { raceContract } from './race-contract.ts'

const open = () => openLedger({ url: 'sqlite::memory:', instance: 'test' })

runStoreContract(t, open)
t.test('races', async (t) => raceContract(t, open))
t.test('leases', async (t) => leaseContract(t, open))
t.test('pauses', async (t) => pauseContract(t, open))
t.test('purge', async (t) => purgeContract(t, open))
t.test('audit', async (t) => auditContract(t, open))
