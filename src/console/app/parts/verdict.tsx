import { CircleCheck, CircleDashed, ShieldAlert } from 'lucide-react'
import type { JSX } from 'react'
import type { IncidentBrief } from '../../../server/incident_schema.ts'

const LOOK = {
  attack: { icon: ShieldAlert, color: 'text-critical', text: 'Attack' },
  undecided: { icon: CircleDashed, color: 'text-medium', text: 'Undecided' },
  'benign and explained': { icon: CircleCheck, color: 'text-good', text: 'Benign, explained' },
} as const

export function VerdictMark({ is }: { is: IncidentBrief['verdict']['is'] }): JSX.Element {
  const { icon: Icon, color, text } = LOOK[is]
  return (
    <span className={`inline-flex items-center gap-1.5 text-sm font-medium whitespace-nowrap ${color}`}>
      <Icon size={15} aria-hidden="true" />
      {text}
    </span>
  )
}

/** Bits as odds, for those who do not think in bits. */
export function oddsText(bits: number): string {
  const size = Math.abs(bits)
  if (size < 0.5) return 'even'
  const times = 2 ** size
  const amount =
    times < 10
      ? String(Math.round(times * 10) / 10)
      : times < 1e4
        ? String(Math.round(times))
        : times < 1e6
          ? `${Math.round(times / 1e3)} thousand`
          : times < 1e9
            ? `${Math.round(times / 1e6)} million`
            : 'over a billion'
  return `${amount} to 1`
}
