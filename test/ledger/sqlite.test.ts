import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { runStoreContract } from './contract.ts'
import { purgeContract } from './purge-contract.ts'

const open = () => openLedger({ url: 'sqlite::memory:', instance: 'test' })

runStoreContract(t, open)
t.test('purge', async (t) => purgeContract(t, open))
