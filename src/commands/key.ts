import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { hashKey } from '../config/key-hash.ts'
import { CommandError } from './command.ts'

interface KeyStreams {
  stdin: NodeJS.ReadableStream
  stdout: { write(text: string): unknown }
}

/**
 * `job-gateway key [--client NAME]` makes a key and shows it once, with the lines for the configuration;
 * `job-gateway key --hash` reads a key on stdin and prints its hash alone.
 */
export async function key(args: string[], { stdin, stdout }: KeyStreams): Promise<void> {
  const { values } = parseArgs({ args, options: { client: { type: 'string' }, hash: { type: 'boolean' } } })
  if (values.hash) {
    const given = (await text(stdin)).replace(/\r?\n$/, '')
    if (given === '') throw new CommandError('no key on stdin; try: printf %s "$KEY" | job-gateway key --hash')
    stdout.write(`${hashKey(given)}\n`)
    return
  }
  // 256 bits, safe in a header, a URL and a shell; the prefix lets secret scanners know it.
  const made = `gw_${randomBytes(32).toString('base64url')}`
  const client = values.client ?? 'NAME'
  stdout.write(`${made}

Give this key to the client; it is shown only now. In the configuration:

clients:
  ${/^[\w.-]+$/.test(client) ? client : JSON.stringify(client)}:
    keys: ["${hashKey(made)}"]
`)
}
