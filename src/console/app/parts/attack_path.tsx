import { Link, useNavigate } from '@tanstack/react-router'
import { type JSX, useMemo } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { useAddress } from '../address.ts'
import { visible } from '../visible.ts'
import { counted, shortName, timeText } from '../words.ts'
import { Panel, Time } from './bits.tsx'
import { NODE, type Path, type PathEdge, type PathNode, pathOf } from './path_layout.ts'
import { Text } from './text.tsx'
import { oddsText } from './verdict.tsx'

const ROLE_COLOR: Readonly<Record<string, string>> = {
  'first foothold': 'text-critical',
  'second foothold': 'text-high',
  suspect: 'text-medium',
  target: 'text-accent',
  reached: 'text-ink3',
}

/** How it went from device to device. A step says why when it is chosen; a device leads to its page. */
export function AttackPath({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { search, change } = useAddress()
  const apart = search['apart'] === 'yes'
  const path = useMemo(() => pathOf(incident, apart), [incident, apart])
  const groups = path.nodes.some(({ group }) => group.length > 0)
  const chosen = path.edges.find(({ number }) => String(number) === search['step'])
  return (
    <Panel
      title="Attack path"
      aside={
        (groups || apart) && (
          <button
            type="button"
            onClick={() => change({ apart: apart ? undefined : 'yes', step: undefined })}
            className="text-accent hover:underline"
          >
            {apart ? 'gather the reached' : 'every device'}
          </button>
        )
      }
    >
      <div className="overflow-x-auto p-2">
        <Drawing path={path} chosen={chosen?.number} choose={(step) => change({ step })} />
      </div>
      <div className="border-t border-line px-4 py-2.5 text-sm" aria-live="polite">
        {chosen === undefined ? (
          <p className="text-ink3">
            {path.edges.length === 0
              ? 'No movement from device to device was seen.'
              : 'Numbers are the order in time; a dashed step only looked. Choose one to see what shows it.'}
          </p>
        ) : (
          <StepText edge={chosen} incident={incident} />
        )}
      </div>
    </Panel>
  )
}

function StepText({ edge, incident }: { edge: PathEdge; incident: IncidentAnswer }): JSX.Element {
  const { steps, number } = edge
  const name = (id: string): string => shortName(incident.devices.find((device) => device.id === id) ?? { ip: id })
  const [first] = steps
  const alerts = [...new Set(steps.flatMap((step) => step.alerts))]
  const whys = steps.filter(({ why }) => why !== null)
  const last = Math.max(...steps.map((step) => step.last))
  return (
    <div className="flex gap-3">
      <span className="num mt-px grid size-5 shrink-0 place-items-center rounded-full bg-accent text-xs font-semibold text-panel">
        {number}
      </span>
      <div className="min-w-0">
        <p>
          <span className="font-medium">
            <Text value={name(first!.from)} />
            {' → '}
            {steps.length > 1 ? counted(steps.length, 'device') : <Text value={name(first!.to)} />}
          </span>
          <span className="text-ink3">
            {' '}
            · <Time at={first!.first} exact />
            {last > first!.first && (
              <>
                {' – '}
                <Time at={last} exact />
              </>
            )}
            {' · '}
            {[...new Set(steps.flatMap(({ phases }) => phases))].join(', ')}
          </span>
        </p>
        {whys.slice(0, 3).map(({ why, bits, to }) => (
          <p key={to} className="mt-1">
            <Text value={why ?? ''} />
            {bits !== null && <span className="text-ink3"> By chance: {oddsText(bits)} against.</span>}
          </p>
        ))}
        <p className="mt-1 flex flex-wrap gap-x-3">
          {alerts.slice(0, 8).map((alert) => (
            <Link
              key={alert}
              to="/alerts/$id"
              params={{ id: alert }}
              className="font-mono text-xs text-accent hover:underline"
            >
              {alert}
            </Link>
          ))}
          {alerts.length > 8 && <span className="text-xs text-ink3">and {alerts.length - 8} more alerts</span>}
        </p>
      </div>
    </div>
  )
}

function Drawing({
  path,
  chosen,
  choose,
}: {
  path: Path
  chosen: number | undefined
  choose: (step: string | undefined) => void
}): JSX.Element {
  return (
    <svg
      viewBox={`0 0 ${path.width} ${path.height}`}
      width={path.width}
      height={path.height}
      className="mx-auto block max-w-none"
    >
      <title>Devices of the incident, and the steps between them</title>
      <defs>
        {['edge', 'accent'].map((color) => (
          <marker
            key={color}
            id={`arrow-${color}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0.5L7.5 4L0 7.5z" fill={`var(--${color === 'edge' ? 'path' : 'accent'})`} />
          </marker>
        ))}
      </defs>
      {path.edges.map((edge) => (
        <Step key={edge.number} edge={edge} chosen={edge.number === chosen} choose={choose} />
      ))}
      {path.nodes.map((node) => (
        <Node key={node.id} node={node} />
      ))}
    </svg>
  )
}

function Step({
  edge,
  chosen,
  choose,
}: {
  edge: PathEdge
  chosen: boolean
  choose: (step: string | undefined) => void
}): JSX.Element {
  const { points, number } = edge
  const middle = points[Math.floor(points.length / 2)]!
  const act = (): void => choose(chosen ? undefined : String(number))
  return (
    <g>
      <path
        d={curve(points)}
        fill="none"
        stroke={chosen ? 'var(--accent)' : 'var(--path)'}
        strokeWidth={chosen ? 2.5 : 1.5}
        strokeDasharray={edge.onlySeen ? '4 4' : undefined}
        markerEnd={`url(#arrow-${chosen ? 'accent' : 'edge'})`}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: there are no buttons inside an SVG */}
      <g
        role="button"
        tabIndex={0}
        aria-pressed={chosen}
        aria-label={`step ${number}, ${timeText(edge.steps[0]!.first)}`}
        onClick={act}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return
          event.preventDefault()
          act()
        }}
        className="cursor-pointer"
      >
        <circle cx={middle.x} cy={middle.y} r="14" fill="transparent" />
        <circle
          cx={middle.x}
          cy={middle.y}
          r="9.5"
          fill={chosen ? 'var(--accent)' : 'var(--panel)'}
          stroke={chosen ? 'var(--accent)' : 'var(--edge)'}
        />
        <text
          x={middle.x}
          y={middle.y + 3.5}
          textAnchor="middle"
          fontSize="10"
          fontWeight="600"
          fill={chosen ? 'var(--panel)' : 'var(--ink2)'}
          className="num"
        >
          {number}
        </text>
      </g>
    </g>
  )
}

function Node({ node }: { node: PathNode }): JSX.Element {
  const navigate = useNavigate()
  const { change } = useAddress()
  const { device, group, x, y } = node
  const role = device?.role ?? 'reached'
  const act = (): void => {
    if (device) void navigate({ to: '/devices/$id', params: { id: device.id } })
    else change({ apart: 'yes' })
  }
  const name = device === undefined ? `${group.length} devices` : visible(shortName(device))
  const under = device === undefined ? group.map(shortName).map(visible).join(', ') : device.ip
  return (
    // biome-ignore lint/a11y/useSemanticElements: there are no links inside an SVG that the router would follow
    <g
      role="link"
      tabIndex={0}
      aria-label={`${name}, ${role}`}
      transform={`translate(${x - NODE.width / 2} ${y - NODE.height / 2})`}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key === 'Enter') act()
      }}
      className={`group cursor-pointer ${ROLE_COLOR[role]}`}
    >
      {group.length > 0 && (
        <rect x="5" y="-4" width={NODE.width - 10} height="20" rx="8" fill="var(--raise)" stroke="var(--edge)" />
      )}
      <rect
        width={NODE.width}
        height={NODE.height}
        rx="8"
        fill="var(--panel)"
        stroke="var(--edge)"
        className="group-hover:stroke-accent"
      />
      <rect width="4" height={NODE.height - 16} x="0" y="8" rx="2" fill="currentColor" />
      <text x="16" y="18" fontSize="10" fontWeight="600" fill="currentColor">
        {role}
      </text>
      <text x="16" y="35" fontSize="13.5" fontWeight="600" fill="var(--ink)">
        {cut(name, 22)}
      </text>
      <text x="16" y="52" fontSize="11" fill="var(--ink3)" className="num">
        {cut(under, 27)}
      </text>
      {device !== undefined && device.alerts.length > 0 && (
        <text x={NODE.width - 12} y="18" fontSize="10" textAnchor="end" fill="var(--ink3)" className="num">
          {counted(device.alerts.length, 'alert')}
        </text>
      )}
    </g>
  )
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** Through the points, rounded: each is the handle between the middles beside it. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${first.x} ${first.y}`
  for (let i = 0; i < rest.length - 1; i++) {
    const [at, next] = [rest[i]!, rest[i + 1]!]
    path += `Q${at.x} ${at.y} ${i === rest.length - 2 ? next.x : (at.x + next.x) / 2} ${i === rest.length - 2 ? next.y : (at.y + next.y) / 2}`
  }
  if (rest.length === 1) path += `L${rest[0]!.x} ${rest[0]!.y}`
  return path
}
