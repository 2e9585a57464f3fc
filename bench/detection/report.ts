import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DetectionFigures } from './detection.ts'
import { alertsPicture, calibrationPicture } from './pictures.ts'
import { detectionText } from './text.ts'

/** Writes figures, text and pictures into a folder, over those of before. */
export function writeReport(folder: string, figures: DetectionFigures): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'detection.json'), `${JSON.stringify(figures, null, 1)}\n`)
  writeFileSync(join(folder, 'detection.txt'), `${detectionText(figures)}\n`)
  writeFileSync(join(folder, 'calibration.svg'), calibrationPicture(figures))
  writeFileSync(join(folder, 'alerts-a-day.svg'), alertsPicture(figures))
}
