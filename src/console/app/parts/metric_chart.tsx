import { type JSX, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { AlertBrief } from '../../../server/alert_schema.ts'
import type { MetricAnswer } from '../../../server/device_schema.ts'
import { useTheme } from '../theme.ts'
import { amountText, counted, dayText, shortText, timeText } from '../words.ts'
import { SEVERITY_COLOR, severityOf } from './severity.tsx'

const HEIGHT = 300
const HOUR = 3600
/** Above the plot: room for the marks of alerts. */
const MARKS = 20
const FONT = '11px "Inter Variable", sans-serif'

/**
 * A metric over time. Behind it the band that was expected of each hour, from earlier days alone; what rises above it is
 * filled; alerts are marked above, where they were raised. Dragging narrows the time.
 */
export function MetricChart({
  metric,
  alerts,
  from,
  to,
  root,
  narrow,
}: {
  metric: MetricAnswer
  alerts: readonly AlertBrief[]
  from: number | undefined
  to: number | undefined
  /** The vertical axis by square roots: a band far below a spike can still be seen. */
  root: boolean
  narrow: (from: number, to: number) => void
}): JSX.Element {
  const theme = useTheme()
  const holder = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<number | undefined>(undefined)
  const narrowNow = useRef(narrow)
  narrowNow.current = narrow
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours of the picture are those of the theme
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const picture = new uPlot(
      optionsOf(
        metric,
        alerts,
        element.clientWidth,
        { from, to, root },
        {
          hover: (index) => setAt(index),
          select: (a, b) => narrowNow.current(a, b),
        },
      ),
      // An hour's value holds for the whole of it; the last one is repeated so that its step has a width.
      dataOf(metric),
      element,
    )
    const observer = new ResizeObserver(() => picture.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      picture.destroy()
    }
  }, [metric, alerts, from, to, root, theme])
  return (
    <div>
      <Readout metric={metric} alerts={alerts} at={at} />
      <div ref={holder} role="img" aria-label={describe(metric, alerts)} className="relative" />
    </div>
  )
}

function Readout({
  metric,
  alerts,
  at,
}: {
  metric: MetricAnswer
  alerts: readonly AlertBrief[]
  at: number | undefined
}): JSX.Element {
  const hour = at === undefined ? undefined : metric.hours[at]
  if (at === undefined || hour === undefined) {
    return (
      <ul className="flex flex-wrap items-center gap-x-5 gap-y-1 px-1 pb-1 text-xs text-ink3" aria-hidden="true">
        <li className="flex items-center gap-1.5">
          <span className="h-0.5 w-4 bg-ink" /> measured, by hour
        </li>
        <li className="flex items-center gap-1.5">
          <span className="h-3 w-4 rounded-xs bg-[var(--band)] outline outline-[var(--band-line)]" /> expected
        </li>
        <li className="flex items-center gap-1.5">
          <span className="h-3 w-4 rounded-xs bg-critical opacity-70" /> above what was expected
        </li>
        <li className="flex items-center gap-1.5">
          <span className="text-critical">▼</span> alert
        </li>
        <li className="ml-auto">drag to narrow the time</li>
      </ul>
    )
  }
  const [low, high, days] = [metric.low[at], metric.high[at], metric.days[at] ?? 0]
  const inHour = alerts.filter(({ time }) => time >= hour && time < hour + HOUR)
  const text = (value: number): string => amountText(value, metric.unit)
  return (
    <p className="num flex flex-wrap items-center gap-x-5 px-1 pb-1 text-xs" aria-hidden="true">
      <span className="font-semibold">{timeText(hour)}</span>
      <span>{text(metric.values[at] ?? 0)}</span>
      <span className="text-ink3">
        {low === null || low === undefined || high === null || high === undefined
          ? 'nothing expected yet: too few days'
          : `expected ${text(low)} to ${text(high)}, from ${counted(days, 'earlier day')}`}
      </span>
      {inHour.slice(0, 2).map((alert) => (
        <span key={alert.id} className={SEVERITY_COLOR[severityOf(alert.score)]}>
          ▼ {alert.model.split('/').at(-1)}
        </span>
      ))}
      {inHour.length > 2 && <span className="text-ink3">+{inHour.length - 2}</span>}
    </p>
  )
}

function dataOf({ hours, values, low, median, high }: MetricAnswer): uPlot.AlignedData {
  const more = <T,>(items: readonly T[]): T[] => (items.length === 0 ? [] : [...items, items.at(-1)!])
  return [[...hours, (hours.at(-1) ?? 0) + HOUR], more(values), more(low), more(high), more(median)]
}

function optionsOf(
  metric: MetricAnswer,
  alerts: readonly AlertBrief[],
  width: number,
  range: { from: number | undefined; to: number | undefined; root: boolean },
  on: { hover: (index: number | undefined) => void; select: (from: number, to: number) => void },
): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const steps = stepped === undefined ? {} : { paths: stepped }
  const axis = { stroke: color('ink3'), font: FONT, grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
  const quiet = { points: { show: false }, ...steps }
  const first = range.from ?? metric.hours[0] ?? 0
  const last = range.to ?? (metric.hours.at(-1) ?? 0) + HOUR
  return {
    width,
    height: HEIGHT,
    padding: [MARKS, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: false, range: [first, last] },
      y: {
        range: (_, __, max) => [0, Math.max(max * 1.06, metric.unit === 'bytes' ? 1000 : 5)],
        ...(range.root && { distr: 100, fwd: Math.sqrt, bwd: (value: number) => value * value }),
      },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: 70,
        splits: () => midnights(first, last),
        values: (_, splits) => splits.map(tickText),
      },
      {
        ...axis,
        size: 58,
        ...(range.root && {
          filter: (_: uPlot, splits: number[]) => splits,
          splits: (_: uPlot, __: number, ___: number, max: number) => rootTicks(max),
        }),
        values: (_, splits) => splits.map((value) => shortText(value, metric.unit)),
      },
    ],
    series: [
      {},
      { stroke: color('ink'), width: 1.4, ...quiet },
      { stroke: color('band-line'), width: 1, ...quiet },
      { stroke: color('band-line'), width: 1, ...quiet },
      { stroke: color('band-line'), width: 1, dash: [3, 3], ...quiet },
    ],
    bands: [{ series: [3, 2], fill: color('band') }],
    hooks: {
      setCursor: [
        ({ cursor: { idx } }) =>
          on.hover(idx === null || idx === undefined ? undefined : Math.min(idx, metric.hours.length - 1)),
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select
          if (wide < 4) return
          on.select(Math.floor(plot.posToVal(left, 'x')), Math.ceil(plot.posToVal(left + wide, 'x')))
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
      drawAxes: [(plot) => drawExcess(plot, metric, color('critical'))],
      draw: [(plot) => drawMarks(plot, alerts, color)],
    },
  }
}

/** What an hour had above its band. */
function drawExcess(plot: uPlot, { hours, values, high }: MetricAnswer, color: string): void {
  const { ctx } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height)
  ctx.clip()
  ctx.fillStyle = color
  ctx.globalAlpha = 0.62
  for (const [i, hour] of hours.entries()) {
    const [value = 0, expected] = [values[i], high[i]]
    if (expected === null || expected === undefined || value <= expected) continue
    const left = plot.valToPos(hour, 'x', true)
    const right = plot.valToPos(hour + HOUR, 'x', true)
    const top = plot.valToPos(value, 'y', true)
    ctx.fillRect(left, top, Math.max(right - left, 1.5), plot.valToPos(expected, 'y', true) - top)
  }
  ctx.restore()
}

/** A mark for each alert above the plot, and a thin line down to the time axis. */
function drawMarks(plot: uPlot, alerts: readonly AlertBrief[], color: (name: string) => string): void {
  const { ctx, bbox } = plot
  const size = 5 * devicePixelRatio
  ctx.save()
  for (const { time, score } of [...alerts].reverse()) {
    const x = plot.valToPos(time, 'x', true)
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue
    ctx.fillStyle = color(severityOf(score))
    ctx.strokeStyle = ctx.fillStyle
    ctx.globalAlpha = 0.35
    ctx.lineWidth = devicePixelRatio
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.globalAlpha = 1
    ctx.setLineDash([])
    ctx.beginPath()
    ctx.moveTo(x - size, bbox.top - 2 * size)
    ctx.lineTo(x + size, bbox.top - 2 * size)
    ctx.lineTo(x, bbox.top - 0.4 * size)
    ctx.closePath()
    ctx.fill()
  }
  ctx.restore()
}

/** Round amounts whose roots lie far enough apart to be read. */
function rootTicks(most: number): number[] {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most)))
  const round = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 6, 8].map((part) => part * size).filter((tick) => tick <= most)
  const apart = Math.sqrt(most) / 12
  const ticks: number[] = []
  for (const tick of round.toReversed()) {
    const above = ticks.at(-1) ?? Number.POSITIVE_INFINITY
    if (tick === 0 || (Math.sqrt(above) - Math.sqrt(tick) >= apart && Math.sqrt(tick) >= apart)) ticks.push(tick)
  }
  return ticks.toReversed()
}

/** Midnights, or hours of a short time; at most a dozen. */
function midnights(from: number, to: number): number[] {
  const step = [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 96 * HOUR, 168 * HOUR, 336 * HOUR].find(
    (each) => (to - from) / each <= 12,
  )
  const ticks: number[] = []
  const every = step ?? 672 * HOUR
  for (let tick = Math.ceil(from / every) * every; tick <= to && ticks.length < 60; tick += every) ticks.push(tick)
  return ticks
}

function tickText(time: number): string {
  return time % 86_400 === 0 ? dayText(time) : timeText(time).slice(-5)
}

/** The picture in a sentence. */
function describe({ label, hours, values, high, unit }: MetricAnswer, alerts: readonly AlertBrief[]): string {
  const at = values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0)
  const expected = high[at]
  const most = `${label}: at most ${amountText(values[at] ?? 0, unit)} in an hour, on ${timeText(hours[at] ?? 0)}`
  const usual =
    expected === null || expected === undefined ? '' : `, where up to ${amountText(expected, unit)} was expected`
  return `${most}${usual}; ${counted(alerts.length, 'alert')} marked`
}
