/**
 * The known name that a person most likely meant, or undefined when none is near: at most a third of its letters wrong.
 * Upper and lower case, blanks, dashes and underscores count as equal first.
 */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const plain = fold(written)
  let best: string | undefined
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const name of known) {
    const distance = editDistance(plain, fold(name))
    if (distance < least) {
      least = distance
      best = name
    }
  }
  return best
}

const LONGEST = 64

function fold(text: string): string {
  return text
    .slice(0, LONGEST)
    .toLowerCase()
    .replace(/[\s_-]/g, '')
}

/** Levenshtein distance, two neighbouring letters swapped counted as one step (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let steps = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps = Math.min(steps, before[j - 2]! + 1)
      current.push(steps)
    }
    before = previous
    previous = current
  }
  return previous[b.length]!
}
