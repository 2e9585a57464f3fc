import type { JSX } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { Chip, DeviceLink, EventLink, Panel, Time } from './bits.tsx'
import { Text } from './text.tsx'
import { oddsText, VerdictMark } from './verdict.tsx'

const WEIGHTS_SHOWN = 5

/** Every question asked, what was found, and what it moved. */
export function Investigation({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { investigation, hypotheses } = incident
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const kinds = new Map(hypotheses.map(({ name, kind }) => [name, kind]))
  const widest = Math.max(1, ...investigation.flatMap(({ weights }) => Object.values(weights).map(Math.abs)))
  return (
    <div className="space-y-4">
      <Explanations incident={incident} />
      <Panel
        title="Step by step"
        aside={
          investigation.length > 0 &&
          `${investigation.length} questions; bars: what each answer says for (right) or against (left) an explanation`
        }
      >
        <ol>
          {investigation.map((step, index) => {
            const device = devices.get(step.device)
            const weights = Object.entries(step.weights)
              .filter(([, weight]) => Math.abs(weight) >= 0.05)
              .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
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
                      {weights.slice(0, WEIGHTS_SHOWN).map(([name, weight]) => (
                        <Weight key={name} name={name} kind={kinds.get(name)} weight={weight} widest={widest} />
                      ))}
                      {weights.length > WEIGHTS_SHOWN && (
                        <li className="text-right text-xs text-ink3">
                          and {weights.length - WEIGHTS_SHOWN} more, less
                        </li>
                      )}
                    </ul>
                  )}
                  <p className="num mt-1.5 text-right text-xs text-ink3" title={`${step.lead} bits`}>
                    likeliest leads by {oddsText(step.lead)}
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

function Weight({
  name,
  kind,
  weight,
  widest,
}: {
  name: string
  kind: 'attack' | 'benign' | undefined
  weight: number
  widest: number
}): JSX.Element {
  const width = `${(Math.abs(weight) / widest) * 50}%`
  const color = kind === 'attack' ? 'bg-critical' : 'bg-good'
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_7rem_2.75rem] items-center gap-2 text-xs">
      <span className="truncate text-ink2" title={name}>
        <Text value={name} />
      </span>
      <span aria-hidden="true" className="relative h-2.5">
        <span className="absolute inset-y-[-3px] left-1/2 w-px bg-edge" />
        <span
          className={`absolute inset-y-0 rounded-xs opacity-80 ${color}`}
          style={weight >= 0 ? { left: '50%', width } : { right: '50%', width }}
        />
      </span>
      <span className="num text-right text-ink3">{`${weight > 0 ? '+' : '−'}${Math.abs(weight).toFixed(1)}`}</span>
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
