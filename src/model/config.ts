import * as z from 'zod'

/** The section of `thymus.yaml` that belongs to the models. */
export const MODEL_SECTIONS = {
  detection: z
    .strictObject({
      alerts_per_day_per_1000_devices: z
        .number()
        .positive()
        .max(10_000)
        .default(10)
        .describe(
          'The dial: how many alerts a day a network of 1,000 devices may raise; alerts of score 80 and more pass',
        ),
    })
    .prefault({})
    .describe('How much is said'),
}
