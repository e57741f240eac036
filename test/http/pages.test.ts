import t from 'tap'
import { ERROR_CODES } from '../../src/runs/errors.ts'
import { startServer } from '../support/http-server.ts'

/** Code or style that stands in a page itself, which the policy would not let run. */
const INLINE = /<(script|style)(?![^>]*\ssrc=)[^>]*>\s*[^<\s]|\son\w+=|\sstyle=|javascript:/i

t.test('every page and all that it loads comes under a policy that runs nothing written into it', async (t) => {
  const { url, call } = await startServer(t, { server: 'contact: "<script>alert(1)</script>"' })
  const loaded = new Set<string>()
  const pages = [
    '/docs',
    '/docs/',
    '/docs/static/oauth2-redirect.html',
    ...ERROR_CODES.map((code) => `/problems/${code}`),
  ]
  for (const path of pages) {
    const { status, headers, text } = await call(path, { as: null, headers: { accept: 'text/html' } })
    t.match([status, headers.get('content-type')], [200, 'text/html; charset=utf-8'], path)
    t.notMatch(text, INLINE, path)
    for (const [, to = ''] of text.matchAll(/\s(?:src|href)="([^"]+)"/g)) loaded.add(new URL(to, url + path).href)
  }
  t.ok(
    [...loaded].every((file) => file.startsWith(`${url}/docs/static/`)),
    'nothing from elsewhere',
  )
  t.ok(loaded.size > 4)

  const nothing = ['/docs/static/none', '/docs/static/..%2fpackage.json', '/problems/none']
  const files = [...loaded].map((file) => new URL(file).pathname)
  for (const path of [...pages, ...files, ...nothing, '/openapi.json', '/docs/json']) {
    const { status, headers } = await call(path, { as: null, headers: { accept: 'text/html' } })
    t.equal(status, nothing.includes(path) ? 404 : 200, path)
    t.match(
      Object.fromEntries(headers),
      {
        'content-security-policy':
          /^default-src 'none';(?!.*(unsafe|\*|https?:)).*base-uri 'none';form-action 'none';frame-ancestors 'none'$/,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      },
      path,
    )
  }
})
