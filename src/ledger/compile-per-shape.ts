import type { CompiledQuery } from 'kysely'

/**
 * Compiles a query once for each set of columns. Its parameters must be what is given, in that order: of a row the value
 * of each column.
 */
export function compilePerShape<Given extends (object | string | number)[]>(
  compile: (...given: Given) => CompiledQuery,
): (...given: Given) => CompiledQuery {
  const compiled = new Map<string, CompiledQuery>()
  return (...given) => {
    let shape = ''
    const parameters: unknown[] = []
    for (const one of given) {
      if (typeof one === 'object') {
        shape += `${Object.keys(one).join()};`
        parameters.push(...Object.values(one))
      } else parameters.push(one)
    }
    const query = compiled.get(shape) ?? compile(...given)
    compiled.set(shape, query)
    return { ...query, parameters }
  }
}
