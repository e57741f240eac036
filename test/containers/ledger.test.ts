import t from 'tap'
import { auditContract } from '../ledger/audit-contract.ts'
import { runStoreContract } from '../ledger/contract.ts'
import { leaseContract } from '../ledger/lease-contract.ts'
import { pauseContract } from '../ledger/pause-contract.ts'
import { purgeContract } from '../ledger/purge-contract.ts'
import { raceContract } from '../ledger/race-contract.ts'
import { openStore } from './support/postgres.ts'

runStoreContract(t, () => openStore(t), { sequences: 25 })
t.test('races', async (t) => raceContract(t, () => openStore(t)))
t.test('leases', async (t) => leaseContract(t, () => openStore(t)))
t.test('pauses', async (t) => pauseContract(t, () => openStore(t)))
t.test('purge', async (t) => purgeContract(t, () => openStore(t)))
t.test('audit', async (t) => auditContract(t, () => openStore(t), { sequences: 10 }))
