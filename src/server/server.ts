import type { AddressInfo } from 'node:net'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { hangDoor } from './door.ts'
import { EventLake } from './event_lake.ts'
import { DeviceMetrics } from './metrics.ts'
import { answerProblems, notFound, sendProblem } from './problem.ts'
import { Results } from './results.ts'
import { alertRoutes } from './routes/alerts.ts'
import { deviceRoutes } from './routes/devices.ts'
import { eventRoutes } from './routes/events.ts'
import { incidentRoutes } from './routes/incidents.ts'
import type { Sources } from './routes/routes.ts'
import { summaryRoutes } from './routes/summary.ts'
import { Sessions } from './session.ts'

export interface ServerOptions {
  /** Folder of a finished run. */
  readonly from: string
  /** Folder of the built console; without it only the API is there. */
  readonly console?: string
  /** 0 or not given: any that is free. */
  readonly port?: number
}

export interface RunningServer {
  readonly port: number
  /** The link to open: it holds a token that lets in one browser, once. A new call makes a new one. */
  link(): string
  close(): Promise<void>
}

/** A request's address line; none of ours is longer. */
const LONGEST_URL = 4096

/**
 * Serves a finished run on loopback: the API, and the console over it.
 * @throws ResultsFailure when the folder holds none, Error of the network when the port is taken
 */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const results = Results.open(options.from)
  const lake = new EventLake(options.from)
  const sessions = new Sessions()
  const sources: Sources = { results, lake, metrics: new DeviceMetrics(lake, results.summary.end ?? 0) }
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: 30_000,
    http: { maxHeaderSize: LONGEST_URL * 4 },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 128 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  answerProblems(app)
  await hangDoor(app, sessions, () => portOf(app))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Thymus', version: '1', description: 'A finished run: incidents, alerts, devices, events.' },
    },
    transform: jsonSchemaTransform,
  })
  for (const routes of [summaryRoutes, incidentRoutes, alertRoutes, deviceRoutes, eventRoutes]) {
    await app.register(routes, sources)
  }
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  if (options.console !== undefined) {
    await app.register(fastifyStatic, {
      root: options.console,
      wildcard: false,
      cacheControl: false,
      serveDotFiles: false,
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    // Pages are told apart by the browser: each of their paths is the same file.
    const isPage = options.console !== undefined && !path.startsWith('/api/') && !path.includes('.')
    return isPage
      ? reply.sendFile('index.html')
      : sendProblem(reply, notFound(`there is nothing at ${path.slice(0, 200)}`))
  })
  // Another machine has no business here: the console knows no users yet.
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const port = portOf(app)
  return {
    port,
    link: () => `http://127.0.0.1:${port}/enter?token=${sessions.newToken()}`,
    close: async () => {
      await app.close()
      await lake.close()
    },
  }
}

function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo | null)?.port ?? 0
}
