import { builtInProfiles } from '../config/profiles.ts'
import { listOptions, type Schema } from './options.ts'
import { formatCode, formatTable } from './table.ts'

const INTRODUCTION = `# Configuration

Made by \`npm run reference\` from the schema in the code; what is changed here is lost.
[openapi/config.schema.json](../openapi/config.schema.json) is the same for editors: put
\`# yaml-language-server: $schema=…/config.schema.json\` on the first line of the file.

YAML, read at the start and again when it changes, from \`--config FILE\`, else from the file that \`GATEWAY_CONFIG\` names, else from \`./gateway.yaml\`. \`--config\` may be
repeated: the later file wins, key by key. \`include\` takes jobs and clients from further files. Paths are seen from the
file that names them. Every problem is printed with its file, line and cure, and nothing starts; a key that nothing reads
is a problem. \`node src/main.ts check --config FILE\` looks at the rest.

Secrets are references, \`{ env: NAME }\` or \`{ file: PATH }\`, never literals. A file is read again whenever the secret is used.

\`LOG_LEVEL\` (\`info\`) sets how much is logged: \`trace\`, \`debug\`, \`info\`, \`warn\`, \`error\`, \`fatal\`, \`silent\`.
[operations.md](operations.md#traces) has the variables for traces.
`

const HEAD = ['option', 'takes', 'default', 'what it does']

/** docs/configuration.md, from the schema of a configuration file. */
export function configurationPage(schema: Schema): string {
  const sections = Object.entries(schema.properties ?? {}).map(([name, section]) => describeSection(name, section))
  return `${[INTRODUCTION, ...sections, describeProfiles()].join('\n')}`
}

/** Entries by name show as \`NAME\`. */
function describeSection(name: string, section: Schema): string {
  const [entry] = Object.values(section.patternProperties ?? {})
  const title = entry ? `${name}.NAME` : name
  const text = [section.description, entry?.description].filter(Boolean).join(' ')
  const options = listOptions(entry ?? section)
  if (options.length === 0) return `## \`${title}\`\n\n${text}\n`
  const rows = options.map(({ path, takes, otherwise, description }) => [
    formatCode(path),
    takes,
    otherwise,
    description,
  ])
  return `## \`${title}\`\n\n${text ? `${text}\n\n` : ''}${formatTable(HEAD, rows)}\n`
}

function describeProfiles(): string {
  const profiles = Object.entries(builtInProfiles)
  const options = Object.keys(builtInProfiles.generic) as (keyof typeof builtInProfiles.generic)[]
  const rows = options.map((option) => [
    formatCode(option),
    ...profiles.map(([, profile]) => formatCode(profile[option])),
  ])
  const head = ['option', ...profiles.map(([name]) => formatCode(name))]
  return `## Built-in profiles\n\nWhat a client starts from, by its \`profile\`; see [schedulers.md](schedulers.md).\n\n${formatTable(head, rows)}\n`
}
