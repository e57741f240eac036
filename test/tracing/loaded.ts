import { registerHooks } from 'node:module'

// Loaded before the program (--import): tells on standard error what of OpenTelemetry it loads.
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/@opentelemetry/')) process.stderr.write(`loaded ${url}\n`)
    return nextLoad(url, context)
  },
})
