import type { Story } from '../story/story.ts'

/** A narrative: which stories it fits, and how such a story is called. */
export interface IncidentType {
  /** As in the catalogue. */
  readonly name: string
  /** How well the story fits, 0 for not at all; the highest names the incident. */
  fits(story: Story): number
  title(story: Story): string
  /** What to do first, in plain sentences. */
  readonly nextSteps: readonly string[]
}
