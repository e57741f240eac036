import t from 'tap'
import { type Claims, startIssuer } from '../support/token-issuer.ts'
import { know } from './support/know.ts'

interface Shape {
  name: string
  /** Where below its host the issuer lives. */
  path?: string
  audience: string
  header?: Record<string, unknown>
  /** What it says beside iss, iat, nbf, exp. */
  claims: Claims
  rule: Record<string, string | boolean>
  keyId: string
}

const TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
const APP = '6731de76-14a6-49ae-97bc-6eba6914391e'

/** As each of them writes its tokens; ids are made up. */
const SHAPES: Shape[] = [
  {
    name: 'Entra v2.0, an app role of a daemon',
    path: `/${TENANT}/v2.0`,
    audience: '11112222-bbbb-3333-cccc-4444dddd5555',
    claims: {
      ...{ aio: 'E2ZgYDgv', azp: APP, azpacr: '1', oid: 'o-1', rh: '0.AAAA', roles: ['Jobs.Trigger'], sub: 'o-1' },
      ...{ tid: TENANT, uti: 'u', ver: '2.0', xms_ftd: 'x' },
    },
    rule: { azp: APP, roles: 'Jobs.Trigger' },
    keyId: 'issuer:o-1',
  },
  {
    name: 'Entra v1.0, by appid',
    path: `/${TENANT}/`,
    audience: 'api://job-gateway',
    header: { x5t: 'x' },
    claims: {
      ...{ aio: 'E2ZgYDgv', appid: APP, appidacr: '1', idp: `https://sts.windows.net/${TENANT}/`, oid: 'o-1' },
      ...{ rh: '0.AAAA', sub: 'o-1', tid: TENANT, uti: 'u', ver: '1.0' },
    },
    rule: { appid: APP, tid: TENANT },
    keyId: 'issuer:o-1',
  },
  {
    name: 'Entra, a person in a group',
    path: `/${TENANT}/v2.0`,
    audience: 'api://job-gateway',
    claims: { azp: APP, groups: ['g-1', 'g-2'], name: 'A. Person', scp: 'Jobs.Read openid', sub: 's-7', ver: '2.0' },
    rule: { groups: 'g-2' },
    keyId: 'issuer:s-7',
  },
  {
    name: 'Okta, client credentials of a custom authorization server',
    path: '/oauth2/default',
    audience: 'api://default',
    header: { typ: undefined },
    claims: { ver: 1, jti: 'AT.x', cid: '0oa1', scp: ['jobs.trigger', 'jobs.read'], sub: '0oa1' },
    rule: { cid: '0oa1', scp: 'jobs.trigger' },
    keyId: 'issuer:0oa1',
  },
  {
    name: 'Google, id token of a service account',
    audience: 'https://jobs.example.com',
    claims: {
      ...{ azp: '104029292853799978293', email: 'nightly@project.iam.gserviceaccount.com', email_verified: true },
      sub: '104029292853799978293',
    },
    rule: { email: 'nightly@project.iam.gserviceaccount.com', email_verified: true },
    keyId: 'issuer:104029292853799978293',
  },
  {
    name: 'Kubernetes, projected service account token',
    audience: 'job-gateway',
    header: { typ: undefined },
    claims: {
      aud: ['job-gateway'],
      jti: 'j',
      'kubernetes.io': {
        namespace: 'etl',
        pod: { name: 'p', uid: 'u' },
        serviceaccount: { name: 'nightly', uid: 'u' },
      },
      sub: 'system:serviceaccount:etl:nightly',
    },
    rule: { sub: 'system:serviceaccount:etl:nightly' },
    keyId: 'issuer:system:serviceaccount:etl:nightly',
  },
  {
    name: 'GitHub Actions',
    audience: 'https://jobs.example.com',
    claims: {
      ...{
        sub: 'repo:acme/etl:environment:prod',
        repository: 'acme/etl',
        repository_owner: 'acme',
        ref: 'refs/heads/main',
      },
      ...{ environment: 'prod', job_workflow_ref: 'acme/etl/.github/workflows/load.yml@refs/heads/main', run_id: '1' },
    },
    rule: { repository: 'acme/etl', environment: 'prod' },
    keyId: 'issuer:repo:acme/etl:environment:prod',
  },
]

for (const { name, path = '', audience, header = {}, claims, rule, keyId } of SHAPES) {
  t.test(name, async (t) => {
    const issuer = await startIssuer(t, { now: () => knowing.clock.now(), path })
    const knowing = await know(t, {
      issuers: { issuer: { issuer: issuer.url, audience: [audience] } },
      clients: { nightly: { tokens: [{ issuer: 'issuer', claims: rule }] } },
    })
    const sign = (changed: Claims = {}) => issuer.sign({ aud: audience, ...claims, ...changed }, { header })
    t.match(await knowing.who(await sign()), { caller: { name: 'nightly', key_id: keyId } })
    for (const claim of Object.keys(rule)) {
      t.match(await knowing.who(await sign({ [claim]: 'another' })), { reason: 'token_client' }, `another ${claim}`)
      t.match(await knowing.who(await sign({ [claim]: undefined })), { reason: 'token_client' }, `no ${claim}`)
    }
  })
}

t.test('Entra, more groups than a token holds', async (t) => {
  const issuer = await startIssuer(t, { now: () => knowing.clock.now() })
  const knowing = await know(t, {
    issuers: { entra: { issuer: issuer.url, audience: ['api://job-gateway'] } },
    clients: { nightly: { tokens: [{ issuer: 'entra', claims: { groups: 'g-1' } }] } },
  })
  const token = await issuer.sign({
    ...{ aud: 'api://job-gateway', sub: 's', _claim_names: { groups: 'src1' } },
    _claim_sources: { src1: { endpoint: 'https://graph.windows.net/x/users/y/getMemberObjects' } },
  })
  t.same(await knowing.who(token), {
    reason: 'token_client',
    why: 'entra:s fits no client; its issuer has left out groups',
  })
  t.equal(issuer.asked.length, 2, 'nobody else is asked for them')
})
