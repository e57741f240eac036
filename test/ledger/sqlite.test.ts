import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import { runStoreContract } from './contract.ts'

runStoreContract(t, () => openLedger({ url: 'sqlite::memory:', instance: 'test' }))
