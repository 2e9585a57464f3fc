import { capture } from './capture.ts'
import { eve } from './eve.ts'
import type { Sensor } from './sensor.ts'
import { zeekJson } from './zeek_json.ts'
import { zeekTsv } from './zeek_tsv.ts'

/** Every format Thymus reads, in the order in which they are asked whether a file is theirs. */
export const sensors: readonly Sensor[] = [capture, zeekTsv, zeekJson, eve]
