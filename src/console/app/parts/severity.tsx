import type { JSX } from 'react'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

export function severityOf(score: number): Severity {
  return score >= 80 ? 'critical' : score >= 60 ? 'high' : score >= 35 ? 'medium' : 'low'
}

const BARS: Readonly<Record<Severity, number>> = { critical: 4, high: 3, medium: 2, low: 1 }

export const SEVERITY_COLOR: Readonly<Record<Severity, string>> = {
  critical: 'text-critical',
  high: 'text-high',
  medium: 'text-medium',
  low: 'text-low',
}

/** How grave: by the number of bars, by the word and by colour, so that none of them is needed. */
export function Meter({ score, size = 16 }: { score: number; size?: number }): JSX.Element {
  const severity = severityOf(score)
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      role="img"
      aria-label={severity}
      className={`shrink-0 ${SEVERITY_COLOR[severity]}`}
    >
      {[0, 1, 2, 3].map((bar) => (
        <rect
          key={bar}
          x={bar * 4 + 0.5}
          y={11 - bar * 3.2}
          width="3"
          height={4.5 + bar * 3.2}
          rx="0.8"
          fill="currentColor"
          opacity={bar < BARS[severity] ? 1 : 0.18}
        />
      ))}
    </svg>
  )
}

export function Score({ score, large = false }: { score: number; large?: boolean }): JSX.Element {
  const severity = severityOf(score)
  return (
    <span className={`inline-flex items-center gap-2 ${SEVERITY_COLOR[severity]}`}>
      <Meter score={score} size={large ? 22 : 14} />
      <span className={`num font-semibold ${large ? 'text-2xl leading-none' : 'w-6 text-right'}`}>
        {Math.round(score)}
      </span>
      {large && <span className="text-sm font-medium">{severity}</span>}
    </span>
  )
}
