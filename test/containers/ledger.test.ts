import t from 'tap'
import { runStoreContract } from '../ledger/contract.ts'
import { purgeContract } from '../ledger/purge-contract.ts'
import { openStore } from './support/postgres.ts'

runStoreContract(t, () => openStore(t), { sequences: 25 })
t.test('purge', async (t) => purgeContract(t, () => openStore(t)))
