import type { Clock } from '../clock.ts'
import type { Instruments } from './instruments.ts'

/** What is told of the configuration and what is read with it. */
export interface ReloadFacts {
  /** What the files say is in force. */
  configTaken(): void
  /** What they say cannot be used: the former configuration stays. */
  configRefused(): void
  /** The certificate in use ends then, epoch ms. */
  certificateEnds(at: number): void
}

export function createReloadFacts({ gauge }: Instruments, clock: Clock): ReloadFacts {
  const success = gauge(
    'config_reload_success',
    '1 while what the files of the configuration said when they were last read is in force; 0: it was refused, and the former one stays.',
  )
  const at = gauge('config_reload_timestamp_seconds', 'When the configuration in force was read.')
  const expiry = gauge(
    'tls_certificate_expiry_timestamp_seconds',
    "When the gateway's own certificate ends; only with server.tls.",
  )
  // Without a value it would be 0, which is a certificate that ended long ago.
  expiry.remove()

  function configTaken(): void {
    success.set(1)
    at.set(clock.now() / 1000)
  }

  configTaken()
  return {
    configTaken,
    configRefused: () => success.set(0),
    certificateEnds: (instant) => expiry.set(instant / 1000),
  }
}
