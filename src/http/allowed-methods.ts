/** Which methods the paths of the gateway take, for 405 and its Allow header. */
export interface AllowedMethods {
  add(pattern: string, methods: string | readonly string[]): void
  /** Empty when there is no such path. */
  of(path: string): string[]
}

export function createAllowedMethods(): AllowedMethods {
  const routes: { segments: string[]; methods: readonly string[] }[] = []
  const split = (path: string) => path.replace(/\/+$/, '').split('/')
  return {
    add(pattern, methods) {
      routes.push({ segments: split(pattern), methods: [methods].flat() })
    },
    of(path) {
      const segments = split(path)
      const fits = (pattern: string[]) =>
        pattern.length === segments.length &&
        pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))
      return [...new Set(routes.filter((route) => fits(route.segments)).flatMap(({ methods }) => methods))].sort()
    },
  }
}
