import { join } from 'node:path'

/** The catalogue that ships with Thymus. */
export const MODELS_FOLDER = join(import.meta.dirname, '..', '..', 'models')
