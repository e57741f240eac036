import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { LedgerOpenError } from './open-error.ts'

/** `PRAGMA application_id` of a ledger: "dbjg". */
const APPLICATION_ID = 0x64626a67

const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

/** Magic numbers of network file systems, from statfs(2); on these, locks and fsync do not hold what SQLite needs. */
const NETWORK_FILE_SYSTEMS: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  1397113167: 'AFS',
  12805120: 'CephFS',
  198183888: 'Lustre',
}

export interface SqliteFile {
  database: DatabaseSync
  /** Says to a process that is refused who has the file. */
  claim(): void
  /** Takes that back. To be called before the database is closed. */
  release(): void
}

/**
 * Opens a ledger for this process alone. The lock is the operating system's, so it ends with the process, however that
 * dies; the file `<path>.owner` only gives the owner's name. A file that is refused is left as it is.
 *
 * @throws LedgerOpenError
 */
export function openSqliteFile(path: string, synchronous: 'full' | 'normal'): SqliteFile {
  prepareDirectory(path)
  const fresh = !existsSync(path) || statSync(path).size === 0
  if (!fresh) refuseForeignFile(path)
  const database = openDatabase(path)
  try {
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = ${synchronous}`)
    database.exec('SELECT count(*) FROM sqlite_schema')
    // In the main file before WAL begins: there it can be read without opening the database.
    if (fresh) database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    database.exec('PRAGMA journal_mode = WAL')
  } catch (error) {
    database.close()
    throw resultCode(error) === SQLITE_BUSY ? inUse(path) : cannotOpen(path, error)
  }
  const owner = ownerFile(path)
  return {
    database,
    claim: () => writeFileSync(owner, `process ${process.pid} on ${hostname()}`),
    release: () => rmSync(owner, { force: true }),
  }
}

/** What can be said of a ledger's file without opening it for writing, locking or making anything. */
export type SqliteFileState =
  | { kind: 'missing' }
  /** `owner`: as it calls itself. */
  | { kind: 'in_use'; owner: string }
  /** Its process died: what is in its journal shows only to the one that takes it over. */
  | { kind: 'left' }
  | { kind: 'free'; openToRead(): DatabaseSync }

/** @throws LedgerOpenError when it could not be opened */
export function lookAtSqliteFile(path: string): SqliteFileState {
  const [first] = findMissing(path)
  const directory = dirname(first ?? path)
  try {
    accessSync(`${directory}/`, constants.W_OK)
  } catch (error) {
    throw cannotWrite(directory, error)
  }
  if (first !== undefined || statSync(path).size === 0) return { kind: 'missing' }
  refuseForeignFile(path)
  const owner = ownerOf(path)
  if (owner !== undefined && !isGone(owner)) return { kind: 'in_use', owner }
  const journal = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (journal && journal.size > 0) return { kind: 'left' }
  return { kind: 'free', openToRead: () => openImmutable(path) }
}

export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS[type >>> 0]
}

function prepareDirectory(path: string): void {
  const missing = findMissing(path)
  try {
    // One by one: Node's own `recursive` never returns where a file system answers ENOENT, as /proc does.
    for (const ancestor of missing.slice(0, -1)) mkdirSync(ancestor)
    accessSync(`${dirname(path)}/`, constants.W_OK)
  } catch (error) {
    throw cannotWrite(dirname(path), error)
  }
}

/** What of the path is not there yet, outermost first. */
function findMissing(path: string): string[] {
  const missing: string[] = []
  let existing = path
  while (!existsSync(existing)) {
    missing.unshift(existing)
    existing = dirname(existing)
  }
  const network = networkFileSystem(statfsSync(existing).type)
  if (network) {
    throw new LedgerOpenError(`The ledger ${path} is on a network file system (${network}); SQLite needs a local disk.`)
  }
  return missing
}

function cannotWrite(directory: string, error: unknown): LedgerOpenError {
  return new LedgerOpenError(`The ledger's directory ${directory} cannot be written: ${reason(error)}.`)
}

/** Looks at the file's own header without locking or recovering anything: the file may be someone else's. */
function refuseForeignFile(path: string): void {
  let applicationId: unknown
  try {
    const database = openImmutable(path)
    applicationId = database.prepare('PRAGMA application_id').get()?.['application_id']
    database.close()
  } catch (error) {
    throw resultCode(error) === SQLITE_NOTADB
      ? new LedgerOpenError(`${path} is no ledger: it is not an SQLite database.`)
      : cannotOpen(path, error)
  }
  if (applicationId !== APPLICATION_ID) {
    throw new LedgerOpenError(`${path} is no ledger: it is an SQLite database of another program.`)
  }
}

function openImmutable(path: string): DatabaseSync {
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  return new DatabaseSync(url, { readOnly: true })
}

function openDatabase(path: string): DatabaseSync {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.R_OK | constants.W_OK)
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw cannotOpen(path, error)
  }
}

function inUse(path: string): LedgerOpenError {
  const owner = ownerOf(path) ?? 'another process'
  return new LedgerOpenError(`The ledger ${path} is in use by ${owner}; one process at a time can have it.`)
}

function ownerOf(path: string): string | undefined {
  const file = ownerFile(path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Proved only for a process of this machine. */
function isGone(owner: string): boolean {
  const [, pid, host] = /^process (\d+) on (.+)$/.exec(owner) ?? []
  if (pid === undefined || host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

function cannotOpen(path: string, error: unknown): LedgerOpenError {
  return new LedgerOpenError(`The ledger ${path} cannot be opened: ${reason(error)}.`)
}

function ownerFile(path: string): string {
  return `${path}.owner`
}

/** SQLite's primary result code. */
function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
