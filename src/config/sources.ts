import { glob, stat } from 'node:fs/promises'
import type { Config } from './schema.ts'

/** Where a configuration comes from: files, and patterns that more of them may fit at any time. */
export interface Sources {
  files: string[]
  patterns: string[]
}

/** Files that are read with the configuration. Secrets are not among them: each is read when it is used. */
export function namedFiles({ server, workspaces }: Config): string[] {
  const { tls } = server
  const authorities = Object.values(workspaces).flatMap(({ ca }) => (ca ? [ca.file] : []))
  return [...(tls ? [tls.certificate.file, tls.key.file] : []), ...authorities]
}

/**
 * Another one as soon as a file is written, replaced, added or taken away. Looked at through links, so that it also tells
 * when Kubernetes swaps the folder behind a mounted ConfigMap.
 */
export async function stampSources({ files, patterns }: Sources): Promise<string> {
  const found = await Promise.all(patterns.map((pattern) => Array.fromAsync(glob(pattern))))
  const paths = [...new Set([...files, ...found.flat()])].sort()
  return (await Promise.all(paths.map(stampFile))).join('\n')
}

async function stampFile(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found ? [path, found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ') : path
}
