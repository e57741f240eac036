import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DOCS = join(ROOT, 'docs')

/** What somebody did who followed a page. */
export interface Step {
  /** The block as it stands on the page. */
  block: string
  /** What it printed. */
  output: string
}

/** Somebody at a terminal in the clone, with a home of their own, who does what a page says. */
export interface Reader {
  /** Does every block of the page, or of the section under one of its headings, in order. */
  follow(page: string, heading?: string): Promise<Step[]>
  home: string
}

export interface ReaderSettings {
  /** What is theirs, by how the page writes it; a function when it is known only later. */
  values: Record<string, string | ((steps: readonly Step[]) => string)>
  /** What they paste when a command waits for it. */
  pasted: () => string
}

/** Runs blocks marked `sh` in a shell, and writes those marked `yaml` to the file that their first line names. */
export function createReader(t: Test, { values, pasted }: ReaderSettings): Reader {
  const home = t.testdir()
  // Node as the page asks for it: the one that runs the tests.
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: home, LC_ALL: 'C.UTF-8' }
  const steps: Step[] = []

  function fillIn(block: string): string {
    return Object.entries(values).reduce(
      (text, [written, value]) =>
        text.includes(written) ? text.replaceAll(written, typeof value === 'string' ? value : value(steps)) : text,
      block,
    )
  }

  /** What one block exports the next one sees, as in one terminal. */
  async function run(commands: string): Promise<string> {
    const script = `set -e; if [ -f ~/.exported ]; then . ~/.exported; fi\n${commands}\nexport -p > ~/.exported`
    const shell = spawn('sh', ['-c', script], { cwd: ROOT, env })
    // Most commands ask for nothing, and may be over before it is pasted.
    shell.stdin.on('error', () => {}).end(`${pasted()}\n`)
    const [output, errors, [code]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')])
    if (code !== 0) throw new Error(`exit code ${code} of\n${commands}\n${output}${errors}`)
    return output
  }

  /** In a terminal of its own, until the test is over. */
  async function leaveRunning(command: string): Promise<string> {
    // A group of its own: npm and what it starts end together.
    const terminal = spawn('sh', ['-c', command], { cwd: ROOT, env, detached: true })
    t.teardown(() => endGroup(terminal))
    let output = ''
    for (const stream of [terminal.stdout, terminal.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    const ended = once(terminal, 'close').then(() => Promise.reject(new Error(`${command} ended:\n${output}`)))
    while (!output.includes('"event":"gateway.started"')) await Promise.race([once(terminal.stdout, 'data'), ended])
    ended.catch(() => {})
    return output
  }

  async function write(block: string): Promise<string> {
    const [, path = ''] = /^# ~\/(\S+)$/m.exec(block) ?? []
    const file = join(home, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, block)
    return ''
  }

  function act(language: string, block: string): Promise<string> {
    if (language === 'yaml') return write(block)
    return block.includes('npm start') ? leaveRunning(block) : run(block)
  }

  return {
    home,
    async follow(page, heading) {
      const whole = await readFile(join(DOCS, page), 'utf8')
      const followed: Step[] = []
      for (const [, indent = '', language = '', code = ''] of sectionOf(whole, heading).matchAll(BLOCK)) {
        if (language !== 'sh' && language !== 'yaml') continue
        const block = code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
        const step = { block, output: await act(language, fillIn(block)) }
        steps.push(step)
        followed.push(step)
      }
      return followed
    },
  }
}

const BLOCK = /^( *)```(\w+)\n(.*?)^ *```$/gms

function sectionOf(page: string, heading: string | undefined): string {
  if (heading === undefined) return page
  const [, ...sections] = page.split(/^(?=##+ )/m)
  const found = sections.find((section) => section.split('\n', 1)[0]?.replace(/^#+ /, '') === heading)
  if (found === undefined) throw new Error(`no heading ${heading}`)
  return found
}

async function endGroup(terminal: ChildProcess): Promise<void> {
  if (terminal.pid === undefined || terminal.exitCode !== null) return
  const closed = once(terminal, 'close')
  process.kill(-terminal.pid, 'SIGKILL')
  await closed
}
