import { readFile } from 'node:fs/promises'
import { checkJob, InvalidInput, type JobDefinition } from './definitions.ts'
import { parseJson } from './json.ts'

/** Reads the jobs of a workspace from a JSON file that holds a list of them. Throws InvalidInput. */
export async function readCatalogue(file: string): Promise<JobDefinition[]> {
  const content = await readFile(file, 'utf8').catch((error) => {
    throw new InvalidInput(`${file} cannot be read: ${error.message}`)
  })
  let jobs: unknown
  try {
    jobs = parseJson(content)
  } catch (error) {
    throw new InvalidInput(`${file} is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  if (!Array.isArray(jobs)) throw new InvalidInput(`${file} must hold a list of jobs`)
  return jobs.map((job, index) => checkJob(job, `${file}/${index}`))
}
