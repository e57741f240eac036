import { type Static, Type } from '@sinclair/typebox'
import { closed } from './names.ts'

const text = (description: string) => Type.String({ minLength: 1, description })

export const SecretRefSchema = Type.Union(
  [
    closed({ env: text('Name of an environment variable.') }, {}),
    closed({ file: text('Path of a file that holds nothing else.') }, {}),
    closed(
      {
        file: text("Path of a configuration file of Databricks' own tools."),
        profile: text('Name of the profile.'),
        key: text('Name of the value in that profile.'),
      },
      {},
    ),
  ],
  {
    patternErrorMessage: 'a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file',
    description: 'Where the secret is: {env: NAME} or {file: PATH}. Never the secret itself.',
  },
)

/** Where a secret is. A `file` is an absolute path once the configuration is read. */
export type SecretRef = Static<typeof SecretRefSchema>
