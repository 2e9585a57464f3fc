import { techniqueOf } from '../model/attack.ts'

/** Names of techniques, by id; those that Thymus does not know are left out. */
export function techniqueNames(ids: readonly string[]): Record<string, string> {
  const names: Record<string, string> = {}
  for (const id of ids) {
    const technique = techniqueOf(id)
    if (technique !== undefined) names[id] = technique.name
  }
  return names
}
