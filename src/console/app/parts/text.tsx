import type { JSX } from 'react'
import { piecesOf } from '../visible.ts'

/** Text that may come from the network: never markup, and nothing in it hides. */
export function Text({ value }: { value: string }): JSX.Element {
  const pieces = piecesOf(value)
  return (
    <>
      {pieces.map((piece) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span
            key={piece.at}
            className="hidden-character"
            title={`the character ${piece.hidden}, which does not show itself`}
          >
            {piece.hidden}
          </span>
        ),
      )}
    </>
  )
}
