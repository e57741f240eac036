import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { IMAGES } from '../containers/images.ts'

/** A PostgreSQL to be started, with such settings as `fsync=off`; it has this one database. */
export function describePostgres(database: string, settings: string[]): PostgreSqlContainer {
  return (
    new PostgreSqlContainer(IMAGES.postgres)
      .withDatabase(database)
      // PostgreSQL is the container's first process: of a check that is killed in a shell, because the machine is slow, it
      // would get pg_isready as a child, take its "no answer" for a crash of its own, and restart.
      .withHealthCheck({
        test: ['CMD', 'pg_isready', '--host', 'localhost', '--dbname', database],
        interval: 500,
        timeout: 30_000,
        retries: 240,
      })
      .withCommand(['postgres', ...settings.flatMap((setting) => ['-c', setting])])
  )
}
