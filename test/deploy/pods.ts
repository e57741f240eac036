import type { Manifest } from './helm.ts'

interface Volume {
  name: string
  configMap?: { name: string }
  secret?: { secretName: string }
}

export interface Container {
  name: string
  image: string
  args: string[]
  command?: string[]
  env?: { name: string; value?: string }[]
  securityContext: object
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[]
}

export interface Pod {
  /** The kind of what makes it. */
  kind: string
  labels: Record<string, string>
  annotations: Record<string, string>
  spec: {
    containers: [Container]
    volumes?: Volume[]
    terminationGracePeriodSeconds?: number
    automountServiceAccountToken: boolean
    securityContext: object
  }
}

interface PodTemplate {
  metadata: Pick<Manifest['metadata'], 'labels' | 'annotations'>
  spec: Pod['spec']
}

/** The pods that come of these: of the Deployment, of the Job and of `helm test`. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const template = templateOf(manifest)
    if (!template) return []
    const { labels, annotations = {} } = template.metadata
    return [{ kind: manifest.kind, labels, annotations, spec: template.spec }]
  })
}

function templateOf(manifest: Manifest): PodTemplate | undefined {
  if (manifest.kind === 'Pod') return manifest as unknown as PodTemplate
  if (!['Deployment', 'Job'].includes(manifest.kind)) return undefined
  return (manifest.spec as { template: PodTemplate }).template
}
