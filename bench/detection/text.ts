import { table } from '../../src/cli/terminal.ts'
import { LEAST_EXPECTED } from './calibration.ts'
import type { DetectionFigures } from './detection.ts'
import { REACH_SECONDS, type StageFound } from './stages.ts'

/** Figures of others, to stand beside: none of them was measured here. */
const PUBLISHED = [
  ['Hopper (USENIX Security 2021)', '94.5 % of attacks at under 9 alerts a day over 780 million logins'],
  ['login pair rule on LANL', '72 % of attack edges at 4.4 % false positives'],
  [
    'prototype before this program',
    'story 10 of 10, living off the land 5 of 7, slow walk at hop 2 to 5, 10 alerts a day per 1,000 devices',
  ],
] as const

/** The figures as text for people, widest tables first cut to what matters. */
export function detectionText(figures: DetectionFigures): string {
  const { options, quiet, precision } = figures
  return [
    `${options.seeds.length} seeds (${options.seeds.join(', ')}), ${options.devices} devices, ${options.days} days: ` +
      `${options.learn} learned, attacks from day ${options.attackDay} on (Node ${figures.node.slice(1)})`,
    '',
    'Attacks: stages found by an alert on the right device that rests on an event of the stage',
    table(
      [['attack', 'stages', 'found', `within ${REACH_SECONDS / 60} min`, 'by seed'], ...playbookRows(figures.stages)],
      60,
    ),
    '',
    'Incidents: whether an attack is told as one story',
    table(
      [
        ['attack', 'seed', 'incidents', 'place', 'compromised held', 'alerts true', 'raised after', 'others', 'type'],
        ...figures.stories.map((each) => [
          each.playbook,
          String(each.seed),
          String(each.incidents),
          String(each.place),
          `${each.held}/${each.compromised}`,
          `${each.true}/${each.alerts}`,
          each.seconds === undefined ? '' : `${one(each.seconds / 60)} min`,
          String(each.others),
          each.type,
        ]),
      ],
      60,
    ),
    `Days without attack: ${quiet.incidents} incidents, ${two(quiet.incidentsADayPer1000)} a day and 1,000 devices`,
    '',
    'Stages',
    table([['attack', 'stage', 'found', 'median s', 'by'], ...stageRows(figures.stages)], 90),
    '',
    `Days without attack: ${quiet.days} days, ${quiet.deviceDays} device-days; a day and 1,000 devices: ` +
      `${one(quiet.signalsADayPer1000)} signals, ${one(quiet.alertsADayPer1000)} alerts, ${one(quiet.above60ADayPer1000)} above score 60`,
    `${percent(quiet.byDevice)} of device-days with an alert, ${one(quiet.byMillionEvents)} alerts a million events; ` +
      `in attacked worlds ${precision.true} of ${precision.alerts} alerts rest on a stage (${percent(precision.share)})`,
    table(
      [
        ['model', 'signals', 'alerts', 'a day per 1,000', 'above 60'],
        ...quiet.models.map((each) => [
          each.model,
          String(each.signals),
          String(each.alerts),
          two(each.alertsADayPer1000),
          String(each.above60),
        ]),
      ],
      60,
    ),
    '',
    'What cries wolf',
    table(
      [
        ['alerts', 'above 60', 'model', 'what the world knows of it'],
        ...quiet.cries.slice(0, 30).map((each) => [String(each.alerts), String(each.above60), each.model, each.cause]),
      ],
      60,
    ),
    '',
    `Calibration: device-days called as rare as stated, observed over expected (cells with fewer than ${LEAST_EXPECTED} expected are in brackets)`,
    table([['statement', 'role', 'level', 'expected', 'observed', 'ratio', '95 %'], ...calibrationRows(figures)], 60),
    '',
    'Beside: simpler ways on the same events (one alert a device and day)',
    table(
      [
        ['', ...figures.options.playbooks, 'all', 'a day per 1,000', 'precision', 'by event', 'by device'],
        ...comparisonRows(figures),
      ],
      40,
    ),
    'in budget: only the first alerts of a day, as many as Thymus may raise',
    '',
    'Published',
    ...PUBLISHED.map(([who, what]) => `  ${who}: ${what}`),
    '',
    `${Math.round(figures.cpuSeconds)} s of processor time`,
  ].join('\n')
}

function groups<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>()
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item])
  return [...found]
}

/** Stages that the sensor saw; of the others nothing can be said. */
function seenOf(stages: readonly StageFound[]): StageFound[] {
  return stages.filter(({ seen }) => seen)
}

const inTime = ({ seconds }: StageFound): boolean => seconds !== undefined && seconds <= REACH_SECONDS
const found = (stages: readonly StageFound[]): number => stages.filter((each) => each.found).length

function playbookRows(stages: readonly StageFound[]): string[][] {
  return groups(seenOf(stages), ({ playbook }) => playbook).map(([playbook, all]) => [
    playbook,
    String(all.length),
    String(found(all)),
    String(all.filter(inTime).length),
    groups(all, ({ seed }) => String(seed))
      .map(([seed, own]) => `${seed}: ${found(own)}/${own.length}`)
      .join('  '),
  ])
}

function stageRows(stages: readonly StageFound[]): string[][] {
  return groups(seenOf(stages), ({ playbook, stage }) => `${playbook}\n${stage}`).map(([key, all]) => {
    const [playbook, stage] = key.split('\n')
    const times = all.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds])).sort((a, b) => a - b)
    const by = groups(
      all.flatMap(({ model }) => (model === undefined ? [] : [model])),
      (model) => model,
    ).map(([model, times]) => (times.length > 1 ? `${model} ×${times.length}` : model))
    const quietly = [...new Set(all.filter((each) => !each.found).flatMap(({ signals }) => signals))]
    return [
      playbook!,
      stage!,
      `${found(all)}/${all.length}`,
      times.length === 0 ? '' : String(times[times.length >> 1]),
      [...by, ...(quietly.length > 0 ? [`(only signals: ${quietly.join(', ')})`] : [])].join(', '),
    ]
  })
}

function calibrationRows(figures: DetectionFigures): string[][] {
  return figures.calibration
    .filter(({ statement, role }) => statement === 'what fires' || role === 'all')
    .map((cell) => {
      const ratio = cell.tested ? two(cell.ratio) : `(${two(cell.ratio)})`
      const level = cell.level === 'daily' ? 'once a day in the network' : String(cell.level)
      return [
        cell.statement,
        cell.role,
        level,
        one(cell.expected),
        String(cell.observed),
        ratio,
        `${two(cell.low)}…${two(cell.high)}`,
      ]
    })
}

function comparisonRows(figures: DetectionFigures): string[][] {
  const { options, quiet, precision } = figures
  const cells = (stages: readonly StageFound[]): string[] => {
    const seen = seenOf(stages)
    const of = (own: readonly StageFound[]): string => `${found(own)}/${own.length}`
    return [...options.playbooks.map((playbook) => of(seen.filter((each) => each.playbook === playbook))), of(seen)]
  }
  return [
    [
      'Thymus',
      ...cells(figures.stages),
      one(quiet.alertsADayPer1000),
      percent(precision.share),
      '',
      percent(quiet.byDevice),
    ],
    ['  in budget', ...cells(figures.stagesWithinBudget), '≤ 10', percent(figures.precisionWithinBudget.share), '', ''],
    ...figures.baselines.flatMap((each) => [
      [
        each.name,
        ...cells(each.stages),
        one(each.alertsADayPer1000),
        percent(each.precision),
        percent(each.byEvent),
        percent(each.byDevice),
      ],
      ['  in budget', ...cells(each.stagesWithinBudget), `≤ 10`, percent(each.precisionWithinBudget), '', ''],
    ]),
  ]
}

function one(value: number): string {
  return value.toFixed(1)
}

function two(value: number): string {
  return value.toFixed(2)
}

function percent(share: number): string {
  if (share === 0) return '0 %'
  return `${(share * 100).toFixed(share < 0.001 ? 4 : share < 0.1 ? 2 : 1)} %`
}
