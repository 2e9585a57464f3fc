import type { Alert } from '../model/alert.ts'
import type { Incident } from './incident.ts'

/**
 * The analyst station (DESIGN.md section 8): takes alerts in engine time, asks what would tell attack and benign
 * explanations apart, joins what is one story, and tells it.
 */
export interface Analyst {
  /** @param device index of the alert's device */
  alert(alert: Alert, device: number): void
  /** What a person should read, highest score first, as of the engine clock. */
  incidents(): readonly Incident[]
}
