import type { ActKind } from '../act_kind.ts'
import type { Clause } from '../incident.ts'
import type { Seen, Sighting } from '../sighting.ts'
import { countOf, type Party, type Story } from './story.ts'
import { dateText, list, plural } from './wording.ts'

const MOST_CLAUSES = 8
const UIDS = 3

/** A sentence of the summary with its place in it. */
interface Said extends Clause {
  readonly time: number
  /** What is dropped first where there is too much to say. */
  readonly weight: number
}

/**
 * The story in three to eight plain sentences, in order of time. Each stands on the alerts it names: where a kind of
 * evidence is missing, its sentence is missing too.
 */
export function clausesOf(story: Story, verdict: string): readonly Clause[] {
  const said: Said[] = [
    ...beginning(story),
    ...credentials(story),
    ...ORDER.flatMap((kind) => actSentence(story, kind)),
    ...onward(story),
  ]
  const kept = [...said].sort((a, b) => b.weight - a.weight || a.time - b.time).slice(0, MOST_CLAUSES - 1)
  const inOrder = said.filter((each) => kept.includes(each)).sort((a, b) => a.time - b.time)
  return [
    ...inOrder.map(({ text, alerts, evidence }) => ({ text, alerts, evidence })),
    { text: verdict, alerts: [], evidence: [] },
  ]
}

function beginning({ actors, network }: Story): Said[] {
  const [first] = actors
  const sighting = first?.sightings[0]
  if (first === undefined || sighting === undefined) return []
  const back = first.index >= 0 && network.has(first.index, 'Re-Activated Device')
  const silent = back ? ', which had come back after a long silence' : ''
  return [
    {
      text: `It began on ${dateText(sighting.first)} with ${first.name}${silent}.`,
      alerts: [sighting.id],
      evidence: sighting.evidence.slice(0, UIDS),
      time: sighting.first - 1,
      weight: 100,
    },
  ]
}

function credentials({ sightings, network, nameOf }: Story): Said[] {
  const seen = new Map<string, { seen: Seen; alerts: string[] }>()
  for (const sighting of sightings) {
    if (sighting.kinds.includes('guessing')) continue
    for (const each of sighting.credentials) {
      const known = seen.get(each.value) ?? { seen: each, alerts: [] }
      known.alerts.push(sighting.id)
      seen.set(each.value, known)
    }
  }
  const used = [...seen.values()].sort((a, b) => b.alerts.length - a.alerts.length)
  const [most] = used
  if (most === undefined) return []
  const users = network.usersOf(most.seen.value)
  const by = new Set(
    sightings
      .filter((each) => each.credentials.some(({ value }) => value === most.seen.value))
      .map(({ device }) => device),
  )
  const who = list([...by].map(nameOf), 3)
  const names = list(used.map(({ seen: { value } }) => value))
  const common = used.length === 1 && users > 1 ? `, which ${plural(users, 'device')} here use` : ''
  return [
    {
      text: `${who} used the ${used.length === 1 ? 'credential' : 'credentials'} ${names}${common}.`,
      alerts: most.alerts.slice(0, 6),
      evidence: [most.seen.uid],
      time: most.seen.first,
      weight: 60,
    },
  ]
}

/** What is said first where there is no room for all. */
const WEIGHT: Readonly<Record<ActKind, number>> = {
  exploit: 90,
  'credential theft': 88,
  flood: 85,
  outside: 80,
  'tool written': 78,
  'remote execution': 75,
  scan: 70,
  guessing: 65,
  'administrative session': 50,
  enumeration: 45,
  'remote session': 40,
}
const ORDER = Object.keys(WEIGHT) as ActKind[]

function actSentence(story: Story, kind: ActKind): Said[] {
  const shown = story.of(kind)
  const [first] = shown
  if (first === undefined) return []
  const who = list([...new Set(shown.map(({ device }) => story.nameOf(device)))], 3)
  return [
    {
      text: sentence(kind, who, shown, story),
      alerts: shown.slice(0, 8).map(({ id }) => id),
      evidence: [...new Set(shown.flatMap(({ evidence }) => evidence.slice(0, 2)))].slice(0, UIDS),
      time: first.first,
      weight: WEIGHT[kind],
    },
  ]
}

function sentence(kind: ActKind, who: string, shown: readonly Sighting[], story: Story): string {
  const targets = targetsOf(shown, story)
  const whom = targets.length > 0 ? countOf(targets, story.network) : 'other devices'
  switch (kind) {
    case 'exploit':
      return `${who} tried to exploit a weakness of ${whom}.`
    case 'scan':
      return `${who} scanned for other devices: ${numbers(shown)}.`
    case 'enumeration':
      return `${who} listed accounts, shares, sessions or the directory of ${whom}.`
    case 'guessing': {
      const accounts = [...new Set(shown.flatMap(({ credentials: all }) => all.map(({ value }) => value)))]
      return `${who} failed to sign on again and again${accounts.length > 0 ? ` as ${list(accounts, 3)}` : ''}.`
    }
    case 'credential theft':
      return `There are signs of a theft of credentials at ${who}: ${numbers(shown)}.`
    case 'remote execution':
      return `${who} had ${whom} execute commands.`
    case 'tool written': {
      const files = [...new Set(shown.flatMap(({ files: all }) => all.map(({ value }) => value)))]
      return `${who} wrote ${files.length > 0 ? list(files, 5) : 'files'} to ${whom}.`
    }
    case 'remote session':
      return `${who} opened sessions on ${whom}.`
    case 'administrative session':
      return `${who} used administrative shares or pipes of ${whom}.`
    case 'outside': {
      const places = [
        ...new Set(shown.flatMap(({ domains, endpoints }) => [...domains, ...endpoints].map(({ value }) => value))),
      ]
      return `${who} spoke to ${places.length > 0 ? list(places, 4) : 'places outside'}, which is unusual here.`
    }
    case 'flood':
      return `A flood of connections came up at ${who}: ${numbers(shown)}.`
  }
}

/** The gravest alert in its own words, without the device's name in front of it: that stands before. */
function numbers(shown: readonly Sighting[]): string {
  const [most] = [...shown].sort((a, b) => b.score - a.score || a.first - b.first)
  const [statement = ''] = most!.summary.split('; also, ')
  return statement
    .replace(/^The domain controller /, '')
    .replace(/^[0-9a-f.:]+ ?(\([^)]*\))?,? ?/i, '')
    .replace(/^which [^,]*, /, '')
    .replace(/\.$/, '')
}

function targetsOf(shown: readonly Sighting[], story: Story): readonly Party[] {
  const ids = new Set(
    shown.flatMap(({ peers }) => peers.flatMap(({ device, direction }) => (direction === 'to' ? [device] : []))),
  )
  return story.parties.filter(({ id }) => ids.has(id))
}

/** What was reached and went on. */
function onward(story: Story): Said[] {
  return story.case.links
    .filter(({ kind }) => kind === 'movement')
    .slice(0, 3)
    .map((link) => ({
      text: `${upper(link.text)}.`,
      alerts: [link.alert],
      evidence: story.case.sightings.get(link.alert)?.evidence.slice(0, 1) ?? [],
      time: link.time,
      weight: 95,
    }))
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
