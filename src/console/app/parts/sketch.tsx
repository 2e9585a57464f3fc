import type { JSX } from 'react'

/** A series in the size of a word: its shape, nothing to read off. */
export function Sketch({ values, odd }: { values: readonly number[]; odd: boolean }): JSX.Element {
  const [width, height] = [96, 22]
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, values.length)
  const path = values
    .map(
      (value, i) =>
        `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(height - 1 - (value / most) * (height - 3)).toFixed(1)}h${step.toFixed(2)}`,
    )
    .join('')
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
      className={`shrink-0 ${odd ? 'text-critical' : 'text-ink3'}`}
    >
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.2" />
    </svg>
  )
}
