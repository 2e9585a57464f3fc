import { DAY, HOUR, type Micros, utcText } from '../../event/time.ts'
import { type Finding, many, percent, span, whole } from './finding.ts'
import type { Observation } from './observation.ts'
import type { Gap } from './time_line.ts'

/** Below so many connections a share says nothing. */
const ENOUGH = 100
const SHOWN = 5

/** Whether the sensor gets both directions, all packets, once. */
export function captureFindings(seen: Observation): Finding[] {
  return [...sides(seen), loss(seen), ...missedBytes(seen), ...twice(seen)]
}

function sides(seen: Observation): Finding[] {
  const { judged, oneSided, midstream, all } = seen.tcp
  if (judged < ENOUGH) {
    if (all === 0) return []
    return [
      {
        id: 'one-sided',
        grade: 'unknown',
        title: `only ${many(judged, 'TCP connection')} that came about: too few to tell whether both directions are seen`,
      },
    ]
  }
  const findings: Finding[] = []
  const share = oneSided / judged
  findings.push({
    id: 'one-sided',
    grade: share > 0.2 ? 'blind' : share > 0.03 ? 'weak' : 'good',
    title:
      share > 0.03
        ? `${percent(oneSided, judged)} of TCP connections (${many(oneSided, 'connection')} of ${judged}) show one direction only`
        : `both directions are seen (${percent(oneSided, judged)} of ${many(judged, 'TCP connection')} one-sided)`,
    ...(share > 0.03
      ? {
          consequence:
            'success cannot be told from failure, protocols are not recognised, and scans look like sessions: nearly every model is less sure',
          advice:
            'check that the mirror port copies both directions (rx and tx), that both legs of a link aggregate are mirrored, and that routing is symmetric where the sensor stands',
        }
      : {}),
  })
  if (midstream / judged > 0.1) {
    findings.push({
      id: 'midstream',
      grade: 'weak',
      title: `of ${percent(midstream, judged)} of TCP connections the beginning was not seen`,
      consequence: 'who opened a connection is a guess, and its protocol mostly unknown',
      advice:
        'normal in the first minutes after a start; if it stays so, packets are lost or the load balancer splits connections',
    })
  }
  return findings
}

function loss(seen: Observation): Finding {
  const { count, sum, worst, worstAt, high } = seen.loss
  const dropped = seen.drops.seen > 0 ? seen.drops.dropped / seen.drops.seen : 0
  if (count === 0 && seen.drops.seen === 0) {
    return {
      id: 'capture-loss',
      grade: 'weak',
      title: 'packet loss is not measured (no capture_loss.log, no stats.log)',
      consequence: '"never seen before" may mean "was lost", and nothing warns of it',
      advice:
        'Zeek: load zeek/thymus.zeek (or policy/misc/capture-loss and policy/misc/stats). Suricata: add stats to the eve-log types.',
    }
  }
  const mean = count > 0 ? sum / count : 100 * dropped
  const grade = mean > 10 ? 'blind' : mean > 1 || worst > 10 ? 'weak' : 'good'
  const shown = mean === 0 ? '0 %' : mean < 0.01 ? '< 0.01 %' : `${mean.toFixed(2)} %`
  const peak = count > 0 && worst > 0 ? `, at worst ${worst.toFixed(worst < 1 ? 2 : 1)} % (${utcText(worstAt)})` : ''
  return {
    id: 'capture-loss',
    grade,
    title: `packet loss ${shown}${peak}${high > 0 ? `; above 5 % in ${whole(high)} of ${many(count, 'measurement')}` : ''}`,
    ...(grade === 'good'
      ? {}
      : {
          consequence:
            'sessions break off for the analyser: files, names and logins go missing, and a first sight is worth less',
          advice:
            'more workers or a faster capture method (AF_PACKET fanout), checksum offloading off, or less traffic on the mirror port',
        }),
  }
}

function missedBytes(seen: Observation): Finding[] {
  const { bytes, of, connections } = seen.missed
  if (bytes === 0 || bytes / of < 0.01) return []
  // One long transfer can hold most of the bytes: how much is hidden is told by the connections.
  const share = seen.tcp.judged === 0 ? 0 : connections / seen.tcp.judged
  return [
    {
      id: 'missed-bytes',
      grade: share > 0.1 ? 'blind' : 'weak',
      title: `${percent(bytes, of)} of the bytes that were acknowledged were never seen, in ${many(connections, 'connection')} (${percent(connections, seen.tcp.judged)} of those that came about)`,
      consequence: 'what stood in them (file contents, commands) is unknown',
      advice: 'as for packet loss; a mirror port that is overrun loses without telling',
    },
  ]
}

function twice(seen: Observation): Finding[] {
  const findings: Finding[] = []
  const connections = seen.types.get('conn')?.count ?? 0
  const { doubled } = seen
  if (doubled.connections > 0 && connections >= ENOUGH && doubled.connections / connections > 0.01) {
    findings.push({
      id: 'seen-twice',
      grade: 'weak',
      title: `${many(doubled.connections, 'connection')} (${percent(doubled.connections, connections)}) stand twice, under two uids`,
      consequence: 'counts and volumes are too high, and a retransmission cannot be told from a copy',
      advice:
        'the same link is mirrored twice, or two workers get the same packets: mirror each link once; cluster by five-tuple',
    })
  }
  if (seen.duplicates > 0) {
    findings.push({
      id: 'duplicates',
      grade: seen.duplicates / seen.rows > 0.01 ? 'weak' : 'good',
      title: `${many(seen.duplicates, 'record')} (${percent(seen.duplicates, seen.rows)}) ${seen.duplicates === 1 ? 'stands' : 'stand'} in the files more than once, word for word`,
      consequence: 'none for detection: a record counts once',
      ...(seen.duplicates / seen.rows > 0.01 ? { advice: 'look for files that were copied or shipped twice' } : {}),
    })
  }
  return findings
}

/** When the sensor was silent, and whether its clock can be believed. */
export function timeFindings(seen: Observation): Finding[] {
  const findings: Finding[] = []
  if (!Number.isNaN(seen.first)) {
    findings.push({
      id: 'span',
      grade: 'good',
      title: `from ${utcText(seen.first)} to ${utcText(seen.last)} (${span(seen.last - seen.first)})`,
    })
  }
  const gaps = seen.minutes.gaps()
  findings.push(
    gaps.length === 0
      ? { id: 'gaps', grade: 'good', title: 'no unexplained silence' }
      : {
          id: 'gaps',
          grade: 'weak',
          title: `silent for ${span(gaps.reduce((sum, gap) => sum + gap.until - gap.from, 0))} in all, in ${many(gaps.length, 'gap')}`,
          consequence: 'what happened then is unknown; "never seen before" is worth less after it',
          advice:
            'see whether the sensor was down or files are missing; on a very small network it may just have been quiet',
          details: shownGaps(gaps),
        },
  )
  const silent = silentLogs(seen, gaps)
  if (silent.length > 0) {
    findings.push({
      id: 'log-gaps',
      grade: 'weak',
      title: `${many(silent.length, 'log')} fell silent while others went on`,
      consequence: 'models that read them were blind for that time',
      advice: 'see whether files are missing, or an analyser was switched off',
      details: silent,
    })
  }
  return [...findings, ...clock(seen)]
}

function shownGaps(gaps: readonly Gap[]): string[] {
  const lines = gaps
    .slice(0, SHOWN)
    .map(({ from, until }) => `${utcText(from)} to ${utcText(until)} (${span(until - from)})`)
  return gaps.length > SHOWN ? [...lines, `and ${many(gaps.length - SHOWN, 'shorter one')}`] : lines
}

/** Silences of one log that are not silences of the whole sensor. */
function silentLogs(seen: Observation, all: readonly Gap[]): string[] {
  const covered = (gap: Gap): boolean =>
    all.some(({ from, until }) => from <= gap.from + HOUR && until >= gap.until - HOUR)
  const lines: string[] = []
  for (const [name, { hours, count }] of [...seen.types].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (count < ENOUGH) continue
    const own = hours.gaps().filter((gap) => !covered(gap))
    const longest = own[0]
    if (!longest) continue
    const more = own.length > 1 ? `, and ${many(own.length - 1, 'shorter gap')}` : ''
    lines.push(
      `${name}: ${utcText(longest.from)} to ${utcText(longest.until)} (${span(longest.until - longest.from)})${more}`,
    )
  }
  return lines
}

function clock(seen: Observation): Finding[] {
  const late = [...seen.types].filter(([, { count, late }]) => count >= ENOUGH && late / count > 0.01)
  const findings: Finding[] = []
  if (seen.beforeClock > 0) {
    findings.push({
      id: 'clock-not-set',
      grade: 'weak',
      title: `${many(seen.beforeClock, 'record')} (${percent(seen.beforeClock, seen.rows)}) ${seen.beforeClock === 1 ? 'has a time' : 'have times'} before 2000: the clock was not set, or times count from a start`,
      consequence: 'they cannot be placed beside the others, and rhythm (night, weekend) means nothing in them',
      advice: 'set the sensor by NTP before it captures',
    })
  }
  const hole = seen.minutes.longest()
  if (hole !== undefined && hole.until - hole.from > 100 * DAY) {
    findings.push({
      id: 'two-recordings',
      grade: 'weak',
      title: `times jump from ${utcText(hole.from)} to ${utcText(hole.until)} (${span(hole.until - hole.from)}): two recordings, or a clock that jumped`,
      consequence: 'what was learned before the jump is old news after it',
      advice: 'give each recording its own PATH',
    })
  }
  if (late.length > 0)
    findings.push({
      id: 'late',
      grade: 'weak',
      title: `records come out of order by more than their log's own delay (${late.map(([name, entry]) => `${name} ${percent(entry.late, entry.count)}`).join(', ')})`,
      consequence: 'late records are stored and learned, but not counted in windows: a scan in them is not seen as one',
      advice:
        'normal where Suricata read a capture offline; otherwise files of several sensors lie in one folder (give each its own PATH), or a clock jumped',
    })
  return findings
}

/** How far the clocks of two sensors stand apart, from connections that both saw. */
export function clockSkew(a: Observation, b: Observation): Finding | undefined {
  const differences: Micros[] = []
  for (const [tuple, start] of a.starts) {
    const other = b.starts.get(tuple)
    // The same four-tuple an hour apart is another connection.
    if (other !== undefined && Math.abs(other - start) < HOUR) differences.push(other - start)
  }
  if (differences.length < 10) return undefined
  differences.sort((x, y) => x - y)
  const median = differences[differences.length >> 1]!
  const apart = Math.abs(median)
  return {
    id: 'clock-skew',
    grade: apart > 1_000_000 ? 'weak' : 'good',
    title: `clocks of ${a.name} and ${b.name} stand ${span(apart)} apart (${many(differences.length, 'connection')} seen by both)`,
    ...(apart > 1_000_000
      ? {
          consequence: 'the order of cause and effect between the two is not known',
          advice: `set both by NTP; the clock of ${median > 0 ? b.name : a.name} is ahead`,
        }
      : {}),
  }
}
