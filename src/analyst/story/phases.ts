import { STAGES, type Stage, stageOf } from '../act_kind.ts'
import type { Phase, TimelineEntry } from '../incident.ts'
import type { Sighting } from '../sighting.ts'
import type { Story } from './story.ts'
import { list, plural } from './wording.ts'

const UIDS = 6
const MOST_ENTRIES = 200

function stageOfSighting({ kinds }: Sighting): Stage | undefined {
  return kinds[0] === undefined ? undefined : stageOf(kinds[0])
}

/** The story along the kill chain, in order of each phase's first event. */
export function phasesOf(story: Story): readonly Phase[] {
  return STAGES.flatMap((stage, index): Phase[] => {
    const shown = story.sightings.filter((each) => stageOfSighting(each) === stage)
    if (shown.length === 0) return []
    const devices = [...new Set(shown.map(({ device }) => device))]
    const [most] = [...shown].sort((a, b) => b.score - a.score || a.first - b.first)
    const more = shown.length > 1 ? ` ${plural(shown.length, 'alert')} of ${list(devices.map(story.nameOf), 3)}.` : ''
    return [
      {
        name: stage,
        stage: index + 1,
        techniques: [...new Set(shown.flatMap(({ techniques }) => techniques))].sort(),
        start: Math.min(...shown.map(({ first }) => first)),
        end: Math.max(...shown.map(({ last }) => last)),
        text: `${most!.summary}${more}`,
        devices,
        alerts: shown.map(({ id }) => id),
        evidence: [...new Set(shown.flatMap(({ evidence }) => evidence.slice(0, 2)))].slice(0, UIDS),
      },
    ]
  }).sort((a, b) => a.start - b.start || a.stage - b.stage)
}

/** Alerts and movements in order of time; the first ones where there are too many. */
export function timelineOf(story: Story): readonly TimelineEntry[] {
  // What is about other alerts happened when they did, and adds nothing.
  const alerts = story.sightings
    .filter(({ meta }) => !meta)
    .map(
      (each): TimelineEntry => ({
        time: each.first,
        device: each.device,
        phase: stageOfSighting(each) ?? '',
        text: each.summary,
        alert: each.id,
        evidence: each.evidence.slice(0, UIDS),
      }),
    )
  const moves = story.case.links
    .filter(({ kind }) => kind === 'movement')
    .map(
      (link): TimelineEntry => ({
        time: link.time,
        device: link.to,
        phase: 'Lateral movement',
        text: `${link.text}.`,
        alert: null,
        evidence: [],
      }),
    )
  return [...alerts, ...moves].sort((a, b) => a.time - b.time || (a.text < b.text ? -1 : 1)).slice(0, MOST_ENTRIES)
}
