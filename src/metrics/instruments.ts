import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Makes the metrics of one registry; names get the prefix `job_gateway_`. */
export interface Instruments {
  counter<Label extends string = never>(name: string, help: string, labelNames?: Label[]): Counter<Label>
  gauge<Label extends string = never>(name: string, help: string, labelNames?: Label[]): Gauge<Label>
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames?: Label[],
  ): Histogram<Label>
}

export function createInstruments(registry: Registry): Instruments {
  const common = (name: string, help: string) => ({ name: `job_gateway_${name}`, help, registers: [registry] })
  return {
    counter: (name, help, labelNames = []) => new Counter({ ...common(name, help), labelNames }),
    gauge: (name, help, labelNames = []) => new Gauge({ ...common(name, help), labelNames }),
    histogram: (name, help, buckets, labelNames = []) => new Histogram({ ...common(name, help), buckets, labelNames }),
  }
}
