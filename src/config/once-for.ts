/** What is made from a value that never changes, such as a configuration: made when first needed, then kept with it. */
export function onceFor<From extends object, Made>(make: (from: From) => Made): (from: From) => Made {
  const known = new WeakMap<From, { made: Made }>()
  return (from) => {
    const held = known.get(from) ?? { made: make(from) }
    known.set(from, held)
    return held.made
  }
}
