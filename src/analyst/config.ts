import * as z from 'zod'

/** The section of `thymus.yaml` that belongs to the analyst. */
export const ANALYST_SECTIONS = {
  incidents: z
    .strictObject({
      per_week_per_1000_devices: z
        .number()
        .positive()
        .max(10_000)
        .default(7)
        .describe('The dial: how many incidents a week a network of 1,000 devices may raise; what is very sure passes'),
    })
    .prefault({})
    .describe('What reaches a person'),
}
