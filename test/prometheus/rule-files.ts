import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pathOf = (name: string) => fileURLToPath(new URL(`../../prometheus/${name}`, import.meta.url))

/** The shipped rules for Prometheus. */
export const RULE_FILES = { rules: pathOf('rules.yaml'), alerts: pathOf('alerts.yaml') }

/** Why a test that needs promtool is skipped; false: it is not. */
export const noPromtool = spawnSync('promtool', ['--version']).error ? 'promtool is not on PATH' : false
