import { useQuery } from '@tanstack/react-query'
import { Activity } from 'lucide-react'
import type { JSX } from 'react'
import type { AlertBrief } from '../../../server/alert_schema.ts'
import type { MetricAnswer, MetricList } from '../../../server/device_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { amountText, timeText } from '../words.ts'
import { Panel } from './bits.tsx'
import { MetricChart } from './metric_chart.tsx'
import { Sketch } from './sketch.tsx'
import { Empty, Loaded } from './states.tsx'

/** So many times what was expected is worth a colour. */
const ODD = 3

/** What a device did over time; the metric that left its band furthest comes first. */
export function MetricsPanel({ device, alerts }: { device: string; alerts: readonly AlertBrief[] }): JSX.Element {
  const list = useQuery(api.metrics(device))
  const { search, change } = useAddress()
  const narrowed = search['from'] !== undefined || search['to'] !== undefined
  return (
    <Panel
      title="Over time"
      aside={
        narrowed && (
          <button
            type="button"
            onClick={() => change({ from: undefined, to: undefined })}
            className="text-accent hover:underline"
          >
            whole time
          </button>
        )
      }
    >
      <div className="min-h-[21rem]">
        <Loaded query={list}>
          {({ metrics }) => {
            const active = metrics.filter(({ sketch }) => sketch.some((value) => value > 0))
            const chosen = active.find(({ metric }) => metric === search['metric']) ?? active[0]
            if (chosen === undefined) return <Empty icon={Activity} title="No connections were seen" />
            return (
              <div className="grid lg:grid-cols-[19rem_minmax(0,1fr)]">
                <Choice metrics={active} chosen={chosen.metric} />
                <Chart device={device} metric={chosen.metric} alerts={alerts} />
              </div>
            )
          }}
        </Loaded>
      </div>
    </Panel>
  )
}

function Choice({ metrics, chosen }: { metrics: MetricList['metrics']; chosen: string }): JSX.Element {
  const { change } = useAddress()
  return (
    <ul aria-label="Metrics" className="border-line p-1.5 lg:border-r">
      {metrics.map(({ metric, label, unit, sketch, peak }) => {
        const odd = peak !== null && peak.value > ODD * Math.max(1, peak.high)
        return (
          <li key={metric}>
            <button
              type="button"
              aria-pressed={metric === chosen}
              onClick={() => change({ metric })}
              className="flex w-full items-center justify-between gap-2 rounded-md px-2.5 py-1 text-left hover:bg-raise aria-pressed:bg-accent-soft"
            >
              <span className="min-w-0">
                <span className="block truncate text-sm">{label}</span>
                <span className={`num block text-xs ${odd ? 'text-critical' : 'text-ink3'}`}>
                  {peak === null
                    ? 'never above expected'
                    : `${amountText(peak.value, unit)}, expected ≤ ${amountText(peak.high, unit)}`}
                </span>
              </span>
              <Sketch values={sketch} odd={odd} />
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Chart({
  device,
  metric,
  alerts,
}: {
  device: string
  metric: string
  alerts: readonly AlertBrief[]
}): JSX.Element {
  const query = useQuery(api.metric(device, metric))
  const { search, change } = useAddress()
  const root = (answer: MetricAnswer): boolean => (search['scale'] ?? usualScale(answer)) === 'root'
  return (
    <div className="min-w-0 p-3">
      <Loaded query={query}>
        {(answer) => (
          <>
            <div className="flex items-start justify-between gap-4">
              <Finding metric={answer} />
              <div className="flex shrink-0 rounded-md border border-edge p-0.5 text-xs">
                {(['linear', 'root'] as const).map((scale) => (
                  <button
                    key={scale}
                    type="button"
                    aria-pressed={(scale === 'root') === root(answer)}
                    title={
                      scale === 'root'
                        ? 'axis by square roots: what is small can be seen beside what is large'
                        : 'axis in equal steps'
                    }
                    onClick={() => change({ scale })}
                    className="rounded px-2 py-0.5 text-ink2 aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-ink"
                  >
                    {scale}
                  </button>
                ))}
              </div>
            </div>
            <MetricChart
              metric={answer}
              alerts={alerts}
              from={numberOf(search['from'])}
              to={numberOf(search['to'])}
              root={root(answer)}
              narrow={(from, to) => change({ from: String(from), to: String(to) })}
            />
            <p className="mt-2 text-xs text-ink3">{answer.learned}</p>
          </>
        )}
      </Loaded>
    </div>
  )
}

/** Of a spike so high that its band would be a line, the roots. */
function usualScale({ values, high }: MetricAnswer): 'linear' | 'root' {
  const expected = Math.max(1, ...high.map((value) => value ?? 0))
  return Math.max(...values) > 12 * expected ? 'root' : 'linear'
}

/** The most surprising hour, in a sentence. */
function Finding({ metric }: { metric: MetricAnswer }): JSX.Element {
  let best = -1
  for (const [i, value] of metric.values.entries()) {
    const high = metric.high[i]
    if (high === null || high === undefined || value <= high) continue
    const bestHigh = metric.high[best] ?? 0
    if (best < 0 || value - high > (metric.values[best] ?? 0) - bestHigh) best = i
  }
  const high = metric.high[best]
  if (best < 0 || high === null || high === undefined) {
    return <p className="px-1 pb-2 text-sm text-ink2">{metric.label}: no hour was above what was expected of it.</p>
  }
  const value = metric.values[best] ?? 0
  return (
    <p className="px-1 pb-2 text-sm">
      <strong className="num font-semibold text-critical">{amountText(value, metric.unit)}</strong>{' '}
      {metric.label.toLowerCase()} in the hour from <span className="num">{timeText(metric.hours[best] ?? 0)}</span>,
      where up to <span className="num">{amountText(high, metric.unit)}</span> was expected at that time of day.
    </p>
  )
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text)
  return text === undefined || !Number.isFinite(value) ? undefined : value
}
