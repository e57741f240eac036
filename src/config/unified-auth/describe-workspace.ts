import type { ConfigProblem } from '../problem.ts'
import { createMapping, type Mapping } from '../tree.ts'
import type { Attribute, Place, Source } from './attributes.ts'
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

/** The workspace that the source describes, or why it describes none. Secrets stay where they are. */
export function describeWorkspace(source: Source): Described | Undescribed {
  const { values, placeOf } = source
  if (!values.host) {
    const [sign] = KINDS.flatMap(({ signs, ambient }) => (ambient ? [] : signs)).flatMap((sign) => values[sign] ?? [])
    const reason = sign ? `must be set beside ${sign.place.path}` : 'is not set'
    return refuse(placeOf('host'), `${reason}; set it to the address of the workspace, or configure workspaces`)
  }
  const kind = chooseKind(source)
  if ('problem' in kind) return kind
  const workspace = fillFields(WORKSPACE, source)
  const auth = fillFields(kind.fields, source)
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

function chooseKind({ values, placeOf }: Source): Kind | Undescribed {
  const find = (attributes: readonly Attribute[]) => attributes.flatMap((name) => values[name]?.place ?? [])[0]
  const { auth_type: asked } = values
  if (asked) {
    const named = KINDS.filter(({ names }) => names.includes(asked.text))
    const known = [...new Set(KINDS.flatMap(({ names }) => names))].join(', ')
    return (
      named.find(({ signs }) => find(signs)) ??
      named[0] ??
      refuse(asked.place, `names a way to sign in that the gateway does not have; it has ${known}`)
    )
  }
  const [first, second] = KINDS.filter(({ signs, ambient }) => !ambient && find(signs))
  const [one, other] = [first && find(first.signs), second && find(second.signs)]
  if (one && other) {
    return refuse(
      one,
      `(${first?.names[0]}) is set beside ${other.path} (${second?.names[0]}): two kinds of credential; ` +
        `unset one of the two, or name the one that is meant as ${placeOf('auth_type').path}`,
    )
  }
  return (
    first ??
    KINDS.find(({ signs }) => find(signs)) ??
    KINDS.find(({ hints }) => find(hints)) ??
    refuse(
      placeOf('client_id'),
      `must be set beside ${placeOf('host').path} and ${placeOf('client_secret').path}, or another kind of credential (docs/credentials.md)`,
    )
  )
}

function refuse({ file, path }: Place, message: string): Undescribed {
  return { problem: { file, path, message } }
}
