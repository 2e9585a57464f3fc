import type { JSX } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { visible } from '../visible.ts'
import { Chip, DeviceLink, EventLink, Panel, Time } from './bits.tsx'
import { Text } from './text.tsx'
import { oddsText, VerdictMark } from './verdict.tsx'

/** Explanations whose weight is shown at each step: the same at all, so that the eye can go down them. */
const FOLLOWED = 4
const LEAST_SHOWN = 3
/** Bits that are worth a word. */
const LITTLE = 3

/** Every question asked, what was found, and what it moved. */
export function Investigation({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { investigation, hypotheses } = incident
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const followed = hypotheses.slice(0, FOLLOWED)
  for (const kind of ['attack', 'benign']) {
    const first = hypotheses.find((each) => each.kind === kind)
    if (first !== undefined && !followed.includes(first)) followed[followed.length - 1] = first
  }
  return (
    <div className="space-y-4">
      <Explanations incident={incident} />
      <Panel
        title="Step by step"
        aside={investigation.length > 0 && 'bars: how well the answer fits an explanation, beside the one it fits best'}
      >
        <ol>
          {investigation.map((step, index) => {
            const device = devices.get(step.device)
            const weights = Object.entries(step.weights).filter(([, weight]) => Math.abs(weight) >= 0.05)
            const best = Math.max(...weights.map(([, weight]) => weight))
            const least = weights.filter(([, weight]) => weight < best - LITTLE).sort((a, b) => a[1] - b[1])
            return (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: the steps of an investigation never move
                key={index}
                className="grid grid-cols-[2rem_minmax(0,1fr)] gap-x-3 gap-y-2 border-b border-line px-4 py-3.5 last:border-0 lg:grid-cols-[2rem_minmax(0,1fr)_22rem]"
              >
                <span className="num grid size-6 place-items-center rounded-full bg-raise text-xs font-semibold text-ink2">
                  {index + 1}
                </span>
                <div className="min-w-0">
                  <h3 className="font-medium">
                    <Text value={step.question} />
                  </h3>
                  <p className={`mt-1 ${step.could_tell ? 'text-ink2' : 'text-ink3 italic'}`}>
                    <Text value={step.answer} />
                  </p>
                  <p className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink3">
                    <span>
                      as of <Time at={step.as_of} />
                    </span>
                    {device !== undefined && <DeviceLink device={device} />}
                    {!step.could_tell && <Chip>could not tell</Chip>}
                    <Chip
                      title={
                        step.basis === 'measured'
                          ? 'weighed by what was measured on this network'
                          : 'weighed as the authors of Thymus judge it'
                      }
                    >
                      {step.basis}
                    </Chip>
                    {step.evidence.slice(0, 3).map((uid) => (
                      <EventLink key={uid} uid={uid} />
                    ))}
                  </p>
                </div>
                <div className="col-start-2 lg:col-start-3">
                  {weights.length === 0 ? (
                    <p className="text-xs text-ink3">moved nothing</p>
                  ) : (
                    <ul className="space-y-1">
                      {followed.map(({ name, kind }) => (
                        <Fit key={name} name={name} kind={kind} bits={(step.weights[name] ?? 0) - best} />
                      ))}
                      {least.length > 0 && (
                        <li className="truncate text-xs text-ink3">
                          fits least:{' '}
                          {least
                            .slice(0, LEAST_SHOWN)
                            .map(([name]) => visible(name))
                            .join(', ')}
                        </li>
                      )}
                    </ul>
                  )}
                  <p className="num mt-1.5 text-right text-xs text-ink3" title={`${step.lead} bits`}>
                    so far {leadText(step.lead)}
                  </p>
                </div>
              </li>
            )
          })}
        </ol>
        {investigation.length === 0 && <p className="px-4 py-3 text-sm text-ink3">No questions were asked.</p>}
      </Panel>
      {incident.unseen.length > 0 && (
        <Panel title="What could not be seen">
          <ul className="list-disc space-y-1 py-3 pr-4 pl-8 text-ink2 marker:text-ink3">
            {incident.unseen.map((text) => (
              <li key={text}>
                <Text value={text} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  )
}

/** How well an answer fits an explanation, beside that which it fits best. Only such differences mean anything. */
function Fit({ name, kind, bits }: { name: string; kind: 'attack' | 'benign'; bits: number }): JSX.Element {
  const share = Math.min(1, 2 ** bits)
  return (
    <li
      className="grid grid-cols-[minmax(0,1fr)_7rem_2.75rem] items-center gap-2 text-xs"
      title={`${bits.toFixed(1)} bits`}
    >
      <span className="truncate text-ink2">
        <Text value={name} />
      </span>
      <span aria-hidden="true" className="h-2 rounded-xs bg-raise">
        <span
          className={`block h-2 rounded-xs opacity-80 ${kind === 'attack' ? 'bg-critical' : 'bg-good'}`}
          style={{ width: `${Math.max(1, share * 100)}%` }}
        />
      </span>
      <span className="num text-right text-ink3">{share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`}</span>
    </li>
  )
}

/** All that was considered, and why what was dropped was dropped. */
function Explanations({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { hypotheses, verdict } = incident
  const best = hypotheses[0]?.bits ?? 0
  const worst = Math.min(best - 1, ...hypotheses.map(({ bits }) => bits))
  return (
    <Panel title="Explanations considered" aside="likeliest first; bars on a scale of bits">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-b border-line px-4 py-3">
        <VerdictMark is={verdict.is} />
        <p className="max-w-[90ch] flex-1">
          <Text value={verdict.text} />
        </p>
      </div>
      <ol>
        {hypotheses.map(({ name, kind, bits, text }, index) => (
          <li
            key={name}
            className="grid grid-cols-[minmax(0,15rem)_11rem_minmax(0,1fr)] items-start gap-x-4 border-b border-line px-4 py-2 last:border-0"
          >
            <span className={`min-w-0 ${index === 0 ? 'font-semibold' : ''}`}>
              <Text value={name} />
              <span className="block text-xs font-normal text-ink3">{kind === 'attack' ? 'an attack' : 'benign'}</span>
            </span>
            <span className="pt-1.5">
              <span className="block h-2 rounded-sm bg-raise">
                <span
                  className={`block h-2 rounded-sm ${kind === 'attack' ? 'bg-critical' : 'bg-good'} ${index === 0 ? '' : 'opacity-60'}`}
                  style={{ width: `${Math.max(2, ((bits - worst) / (best - worst)) * 100)}%` }}
                />
              </span>
              <span className="num mt-1 block text-xs text-ink3">
                {index === 0 ? 'likeliest' : `${oddsText(best - bits)} against`}
              </span>
            </span>
            <span className="text-ink2">
              <Text value={text} />
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function leadText(bits: number): string {
  const odds = oddsText(bits)
  return odds === 'even' ? 'even' : `${odds} ${bits > 0 ? 'for' : 'against'} an attack`
}
