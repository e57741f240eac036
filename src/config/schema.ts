import { type Static, Type } from '@sinclair/typebox'
import { type ClientConfig, ClientsSchema } from './schema/clients.ts'
import { IssuersSchema } from './schema/issuers.ts'
import { type JobConfig, JobDefaultsSchema, JobsSchema } from './schema/jobs.ts'
import { LedgerSchema } from './schema/ledger.ts'
import { closed } from './schema/names.ts'
import { ProfilesSchema } from './schema/profiles.ts'
import { ServerSchema } from './schema/server.ts'
import { WatchSchema } from './schema/watch.ts'
import { type WorkspaceConfig, WorkspacesSchema } from './schema/workspaces.ts'

const IncludeSchema = Type.Array(Type.String({ minLength: 1 }), {
  description: 'Files with more jobs and clients: paths or globs (jobs.d/*.yaml), relative to this file.',
})

/** What a configuration file may say. */
export const ConfigFileSchema = closed(
  {
    include: Type.Optional(IncludeSchema),
    server: ServerSchema,
    ledger: LedgerSchema,
    workspaces: WorkspacesSchema,
    job_defaults: Type.Optional(JobDefaultsSchema),
    jobs: JobsSchema,
    profiles: ProfilesSchema,
    watch: WatchSchema,
    issuers: IssuersSchema,
    clients: ClientsSchema,
  },
  { title: 'databricks-job-gateway configuration' },
)

type Sections = Omit<Static<typeof ConfigFileSchema>, 'include' | 'job_defaults' | 'workspaces' | 'jobs' | 'clients'>

/** What the program runs on: all files merged, defaults applied, secrets still references. Maps have no prototype. */
export type Config = Sections & {
  workspaces: Record<string, WorkspaceConfig>
  jobs: Record<string, JobConfig>
  clients: Record<string, ClientConfig>
}
