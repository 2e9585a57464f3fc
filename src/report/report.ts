import type { Incident } from '../analyst/incident.ts'
import type { EpochSeconds } from '../event/time.ts'

/**
 * The report station: an incident as people and other programs read it. One file a format; all take the same source, and
 * none knows where it came from. Same source, same bytes.
 */

/** What a report says of an alert beside its id, where it is known. */
export interface ReportAlert {
  readonly id: string
  readonly time: EpochSeconds
  readonly model: string
  readonly score: number
  readonly summary: string
  /** Id of the device that it is about. */
  readonly device: string
  /** On whom its evidence shows that device acting, ids, with the first time of each. */
  readonly reached: readonly { readonly device: string; readonly time: EpochSeconds }[]
  readonly evidence: readonly string[]
}

export interface ReportAction {
  readonly kind: string
  readonly mode: string
  readonly state: string
  readonly time: EpochSeconds
  readonly expires: EpochSeconds | null
  readonly device: { readonly id: string; readonly ip: string }
}

export interface ReportSource {
  readonly incident: Incident
  /** Those of the incident that are known, oldest first. */
  readonly alerts: readonly ReportAlert[]
  /** Response taken for the incident, oldest first. */
  readonly actions: readonly ReportAction[]
}

export interface ReportFormat {
  /** How the name of its file ends. */
  readonly ending: string
  readonly name: string
  readonly mediaType: string
  readonly render: (source: ReportSource) => Promise<string | Uint8Array>
}

/** Longer endings stand before the shorter ones that they contain. Each format is loaded when it is asked for. */
export const REPORT_FORMATS: readonly ReportFormat[] = [
  {
    ending: '.stix.json',
    name: 'STIX 2.1 bundle',
    mediaType: 'application/stix+json;version=2.1',
    render: async (source) => (await import('./stix.ts')).stixReport(source),
  },
  {
    ending: '.ocsf.json',
    name: 'OCSF Incident Finding',
    mediaType: 'application/json',
    render: async (source) => (await import('./ocsf.ts')).ocsfReport(source),
  },
  {
    ending: '.md',
    name: 'Markdown',
    mediaType: 'text/markdown; charset=utf-8',
    render: async (source) => (await import('./markdown.ts')).markdownReport(source),
  },
  {
    ending: '.html',
    name: 'HTML',
    mediaType: 'text/html; charset=utf-8',
    render: async (source) => (await import('./html.ts')).htmlReport(source),
  },
  {
    ending: '.pdf',
    name: 'PDF',
    mediaType: 'application/pdf',
    render: async (source) => (await import('./pdf.ts')).pdfReport(source),
  },
  {
    ending: '.csv',
    name: 'indicators as CSV',
    mediaType: 'text/csv; charset=utf-8',
    render: async (source) => (await import('./csv.ts')).csvReport(source),
  },
]

/** The format of a file by how its name ends; undefined when there is none. */
export function formatOf(path: string): ReportFormat | undefined {
  const name = path.toLowerCase()
  return REPORT_FORMATS.find(({ ending }) => name.endsWith(ending))
}
