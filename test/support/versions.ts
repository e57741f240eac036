import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { migrateLedger, openLedger } from '../../src/ledger/open.ts'

/** The program as it is in some version. */
export interface Version {
  /** What Node is started with. */
  main: string
  openLedger: typeof openLedger
  migrateLedger: typeof migrateLedger
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const THIS_VERSION: Version = { main: join(ROOT, 'src/main.ts'), openLedger, migrateLedger }

/** Statements by name. */
export type Migrations = Record<string, string[]>

/** What a release may do to the schema: it adds. */
export const NEXT: Migrations = {
  '9998-later': [
    'alter table runs add column later text',
    "alter table attempts add column later text not null default 'x'",
    'create index runs_by_later on runs (later, id)',
    'create table later (id text not null primary key)',
  ],
}

export const AFTER_NEXT: Migrations = { ...NEXT, '9999-last': ['create table last (id text not null primary key)'] }

/** Writes the sources of a version to come into the folder: this one's, and further migrations. */
export async function writeVersion(folder: string, migrations: Migrations): Promise<Version> {
  for (const part of ['src', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const known = join(folder, 'src/ledger/migrations/known.ts')
  writeFileSync(known, `${readFileSync(known, 'utf8')}\nObject.assign(MIGRATIONS, ${JSON.stringify(migrations)})\n`)
  const open = await import(pathToFileURL(join(folder, 'src/ledger/open.ts')).href)
  return { main: join(folder, 'src/main.ts'), openLedger: open.openLedger, migrateLedger: open.migrateLedger }
}
