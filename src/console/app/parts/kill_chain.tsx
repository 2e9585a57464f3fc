import type { JSX } from 'react'
import type { IncidentBrief } from '../../../server/incident_schema.ts'

/** Stages of the kill chain that an incident reached, in order of the chain; each as often as it came. */
export function KillChain({ phases }: { phases: IncidentBrief['phases'] }): JSX.Element {
  const stages = [...new Map(phases.map((phase) => [phase.name, phase.stage]))].sort((a, b) => a[1] - b[1])
  if (stages.length === 0) return <span className="text-xs text-ink3">no phases</span>
  return (
    <ol className="flex flex-wrap items-center gap-y-1" aria-label="Phases reached">
      {stages.map(([name], index) => (
        <li key={name} className="flex items-center text-xs text-ink2">
          <span aria-hidden="true" className="mr-1.5 size-1.5 rounded-full bg-accent" />
          {name}
          {index < stages.length - 1 && <span aria-hidden="true" className="mx-1.5 h-px w-2.5 bg-edge" />}
        </li>
      ))}
    </ol>
  )
}
