import { type RawBuilder, sql } from 'kysely'

/** A column that holds a JSON array of whole numbers, with this one before the others, and of all of them the first ones. */
export type Prepend = (column: string, value: number, limit: number) => RawBuilder<string>

export const prependInSqlite: Prepend = (column, value, limit) => sql`(
  select json_group_array(value) from (
    select cast(${value} as integer) as value union all select value from json_each(${sql.ref(column)}) limit ${limit}))`

/** At most one number lies beyond the limit: those before were put in here too. */
export const prependInPostgres: Prepend = (column, value, limit) =>
  sql`((jsonb_build_array(${value}::bigint) || ${sql.ref(column)}::jsonb) - ${limit}::integer)::text`
