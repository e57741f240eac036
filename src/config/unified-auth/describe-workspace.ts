import type { ConfigProblem } from '../problem.ts'
import { createMapping, type Mapping } from '../tree.ts'
import { type Attribute, type Place, placeOfVariable, type Values } from './attributes.ts'
import { fillFields } from './fill-fields.ts'
import { type Field, KINDS, type Kind } from './kinds.ts'

/** A workspace as our configuration writes it, and where each of its values stands, by key (`auth.client_id`). */
export interface Described {
  workspace: Mapping
  places: Map<string, Place>
}

type Undescribed = { problem: ConfigProblem }

const WORKSPACE: Record<string, Field> = {
  host: { from: ['host'] },
  workspace_id: { from: ['workspace_id'], optional: true },
}

/** The workspace that these values describe, or why they describe none. Secrets stay where they are. */
export function describeWorkspace(values: Values): Described | Undescribed {
  const workspace = fillFields(WORKSPACE, values)
  const kind = chooseKind(values)
  if (!values.host) {
    const [sign] = KINDS.flatMap(({ signs, ambient }) => (ambient ? [] : signs)).flatMap((sign) => values[sign] ?? [])
    const reason = sign ? `must be set beside ${sign.place.path}` : 'is not set'
    return refuse(placeOfVariable('host'), `${reason}; set it to the address of the workspace, or configure workspaces`)
  }
  if ('problem' in kind) return kind
  const auth = fillFields(kind.fields, values)
  const [missing] = auth.missing.values()
  if (missing) {
    const beside = [values.host.place, ...auth.places.values()].map(({ path }) => path)
    return refuse(missing, `must be set beside ${beside.join(' and ')}`)
  }
  // Databricks' tools take the clouds of Azure in any case.
  const { azure_environment: cloud } = auth.content
  if (typeof cloud === 'string') auth.content['azure_environment'] = cloud.toLowerCase()
  return {
    workspace: { ...workspace.content, auth: createMapping([['type', kind.type], ...Object.entries(auth.content)]) },
    places: new Map([...workspace.places, ...[...auth.places].map(([key, place]) => [`auth.${key}`, place] as const)]),
  }
}

function chooseKind(values: Values): Kind | Undescribed {
  const placeOf = (attributes: readonly Attribute[]) => attributes.flatMap((name) => values[name]?.place ?? [])[0]
  if (values.auth_type) return chooseByName(values.auth_type, placeOf)
  const [first, second] = KINDS.filter(({ signs, ambient }) => !ambient && placeOf(signs))
  const [one, other] = [first && placeOf(first.signs), second && placeOf(second.signs)]
  if (one && other) {
    return refuse(
      one,
      `(${first?.names[0]}) is set beside ${other.path} (${second?.names[0]}): two kinds of credential; ` +
        'unset one of the two, or name the one that is meant in DATABRICKS_AUTH_TYPE',
    )
  }
  return (
    first ??
    KINDS.find(({ signs }) => placeOf(signs)) ??
    KINDS.find(({ hints }) => placeOf(hints)) ??
    refuse(
      placeOfVariable('client_id'),
      'must be set beside DATABRICKS_HOST and DATABRICKS_CLIENT_SECRET, or another kind of credential (docs/credentials.md)',
    )
  )
}

function chooseByName(
  { text, place }: NonNullable<Values['auth_type']>,
  placeOf: (attributes: readonly Attribute[]) => Place | undefined,
): Kind | Undescribed {
  const named = KINDS.filter(({ names }) => names.includes(text))
  const known = [...new Set(KINDS.flatMap(({ names }) => names))].join(', ')
  return (
    named.find(({ signs }) => placeOf(signs)) ??
    named[0] ??
    refuse(place, `names a way to sign in that the gateway does not have; it has ${known}`)
  )
}

function refuse({ file, path }: Place, message: string): Undescribed {
  return { problem: { file, path, message } }
}
