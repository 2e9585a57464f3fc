import type { JSX } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { useAddress } from '../address.ts'
import { dayText, spanText, timeText } from '../words.ts'
import { Panel } from './bits.tsx'
import { Text } from './text.tsx'

/** Longest of all bars would hide the shortest: none is narrower than this share of the width. */
const NARROWEST = 0.008

/** When each phase was, in order of its first event. A phase that is chosen narrows the timeline. */
export function Phases({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { search, change } = useAddress()
  const { phases } = incident
  const start = Math.min(incident.start, ...phases.map((phase) => phase.start))
  const end = Math.max(incident.end, ...phases.map((phase) => phase.end))
  const length = Math.max(1, end - start)
  const share = (time: number): number => (time - start) / length
  return (
    <Panel title="Phases" aside="along the kill chain, in order of time">
      <div className="grid grid-cols-[minmax(9rem,13rem)_1fr] gap-x-3 px-4 pt-2 pb-3">
        <span />
        <div className="relative h-5 text-[0.6875rem] text-ink3" aria-hidden="true">
          {ticksOf(start, end).map((tick) => (
            <span
              key={tick}
              className="num absolute -translate-x-1/2 whitespace-nowrap"
              style={{ left: percent(share(tick)) }}
            >
              {length < 172_800 ? timeText(tick).slice(-5) : dayText(tick)}
            </span>
          ))}
        </div>
        {phases.map((phase, index) => {
          const chosen = search['phase'] === String(index)
          const width = Math.max(NARROWEST, share(phase.end) - share(phase.start))
          return (
            <button
              key={`${phase.name} ${phase.start}`}
              type="button"
              aria-pressed={chosen}
              title={`${timeText(phase.start, true)} to ${timeText(phase.end, true)}`}
              onClick={() => change({ phase: chosen ? undefined : String(index) })}
              className="group col-span-2 grid grid-cols-subgrid items-center rounded py-1 text-left aria-pressed:bg-accent-soft"
            >
              <span className="flex items-baseline gap-2 truncate pl-1.5 text-sm">
                <span className="num w-4 text-right text-xs text-ink3">{phase.stage}</span>
                <span className="font-medium">{phase.name}</span>
              </span>
              <span className="relative h-5">
                <span className="absolute inset-x-0 top-1/2 h-px bg-line" />
                {ticksOf(start, end).map((tick) => (
                  <span key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: percent(share(tick)) }} />
                ))}
                <span
                  className="absolute top-1 h-3 rounded-sm bg-accent opacity-30 group-hover:opacity-50"
                  style={{ left: percent(Math.min(share(phase.start), 1 - width)), width: percent(width) }}
                />
                {actsOf(incident, phase).map((time) => (
                  <span
                    key={time}
                    className="absolute top-1 h-3 w-1 -translate-x-1/2 rounded-sm bg-accent"
                    style={{ left: percent(Math.max(0.002, share(time))) }}
                  />
                ))}
                <span
                  className="num absolute top-0.5 text-[0.6875rem] whitespace-nowrap text-ink3"
                  style={
                    share(phase.end) < 0.75
                      ? { left: `calc(${percent(share(phase.start) + width)} + 6px)` }
                      : { right: `calc(${percent(1 - Math.min(share(phase.start), 1 - width))} + 6px)` }
                  }
                >
                  {spanText(phase.end - phase.start)}
                </span>
              </span>
            </button>
          )
        })}
      </div>
      <ChosenPhase phase={phases[Number(search['phase'] ?? Number.NaN)]} />
    </Panel>
  )
}

function ChosenPhase({ phase }: { phase: IncidentAnswer['phases'][number] | undefined }): JSX.Element | null {
  if (phase === undefined) return null
  return (
    <p className="border-t border-line px-4 py-2.5 text-sm" aria-live="polite">
      <Text value={phase.text} />
    </p>
  )
}

const MOST_ACTS = 300

/** When something of a phase happened, as the timeline has it. */
function actsOf({ timeline }: IncidentAnswer, phase: IncidentAnswer['phases'][number]): number[] {
  const acts = timeline.filter(
    ({ phase: name, time }) => name === phase.name && time >= phase.start - 1 && time <= phase.end + 1,
  )
  return [...new Set([phase.start, ...acts.map(({ time }) => time)])].slice(0, MOST_ACTS)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}

/** Whole days, or whole hours of a short time; at most about ten. */
function ticksOf(start: number, end: number): number[] {
  const steps = [3600, 7200, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200]
  const step = steps.find((each) => (end - start) / each <= 10) ?? 31_536_000
  const ticks: number[] = []
  for (let tick = Math.ceil(start / step) * step; tick <= end && ticks.length < 40; tick += step) ticks.push(tick)
  return ticks
}
