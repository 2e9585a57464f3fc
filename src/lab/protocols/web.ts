import { type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import { uniqueText } from '../random.ts'
import type { Scene, World } from '../world.ts'
import { openFlow } from '../world.ts'
import type { Flow } from '../zeek/tap.ts'
import { resolve } from './dns.ts'
import { clientPort, closeTcp, closeUdp, openTcp } from './transport.ts'

/** What speaks TLS or HTTP on a device: told apart by JA3, JA4 and user agent. */
export interface Program {
  readonly ja3: string
  readonly ja4: string
  readonly userAgent: string
}

/** The fingerprints of a program by its name (`browser 2`, `endpoint-agent`): in one world the same name, the same ones. */
export function programOf(world: World, name: string, userAgent: string): Program {
  let known = world.programs.get(name)
  if (!known) {
    const own = world.random.fork(`program ${name}`)
    known = {
      ja3: own.hex(32),
      ja4: `t13d${own.between(10, 20)}${own.between(10, 16)}h2_${own.hex(12)}_${own.hex(12)}`,
      userAgent,
    }
    world.programs.set(name, known)
  }
  return known
}

export interface TlsOptions {
  readonly program: Program
  readonly duration: Micros
  readonly sent: number
  readonly received: number
  readonly port?: number
  readonly oldTls?: boolean
  readonly serverName?: string
  readonly selfSigned?: boolean
}

/** A TLS connection: ssl, conn and sometimes x509 rows. */
export function tls(scene: Scene, at: Micros, from: Host, to: Host, options: TlsOptions): Flow {
  const { random, tap } = scene
  const flow = openTcp(scene, at, from, to, options.port ?? 443)
  const hello = at + Math.floor(random.uniform(0.004, 0.06) * SECOND)
  const { program: speaker, oldTls = false, selfSigned = false } = options
  const serverName = options.serverName ?? (to.fqdn === '' ? undefined : to.fqdn)
  const resumed = random.chance(0.35)
  const chain = oldTls && !resumed ? [random.hex(64)] : undefined
  tap.row('ssl', flow, hello, hello + 20_000, [
    oldTls ? 'TLSv12' : 'TLSv13',
    oldTls ? 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384' : 'TLS_AES_128_GCM_SHA256',
    oldTls ? 'secp256r1' : 'x25519',
    serverName,
    resumed,
    undefined,
    random.chance(0.7) ? 'h2' : undefined,
    true,
    oldTls ? 'CsxknGIi' : 'Csij',
    chain,
    undefined,
    chain === undefined ? undefined : !selfSigned,
    chain === undefined ? undefined : selfSigned ? 'self signed certificate' : 'ok',
    tap.dialect === 'tuned' ? speaker.ja3 : undefined,
    tap.dialect === 'tuned' ? ja3sOf(to) : undefined,
    tap.dialect === 'tuned' ? speaker.ja4 : undefined,
  ])
  if (chain !== undefined) {
    const subject = `CN=${serverName ?? to.address}`
    const from2 = Math.floor(at / SECOND - 40 * 86_400) * SECOND
    tap.record('x509', flow, hello + 10_000, hello + 15_000, 0, [
      chain[0],
      3,
      random.hex(16).toUpperCase(),
      subject,
      selfSigned ? subject : 'CN=R11,O=Public Trust,C=US',
      from2,
      from2 + 90 * 86_400 * SECOND,
      'rsaEncryption',
      'sha256WithRSAEncryption',
      'rsa',
      2048,
      '65537',
      serverName === undefined ? undefined : [serverName],
      false,
      true,
      false,
    ])
  }
  closeTcp(scene, flow, options.duration, 'ssl', options.sent + 900, options.received + (oldTls ? 4100 : 2900))
  return flow
}

function ja3sOf(to: Host): string {
  let hash = 7
  for (let i = 0; i < to.address.length; i++) hash = (Math.imul(hash, 31) + to.address.charCodeAt(i)) >>> 0
  // A few hundred server stacks serve the world.
  return (hash % 300).toString(16).padStart(4, '0').repeat(8)
}

/** QUIC: UDP 443. */
export function quic(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  duration: Micros,
  sent: number,
  received: number,
): Flow {
  const flow = openFlow(scene, at, from, clientPort(scene.random), to, 443)
  closeUdp(scene, flow, duration, scene.tap.release === 7 ? 'quic' : undefined, sent + 1250, received + 1250)
  return flow
}

export interface HttpOptions {
  readonly method?: string
  readonly uri: string
  readonly userAgent: string
  readonly host?: string
  readonly sent?: number
  readonly received: number
  readonly status?: number
  readonly mimeType?: string
  readonly port?: number
  readonly duration?: Micros
  readonly filename?: string
}

const STATUS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  304: 'Not Modified',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
}

/** One request in the clear: http, files and conn rows. */
export function http(scene: Scene, at: Micros, from: Host, to: Host, options: HttpOptions): Flow {
  const { random, tap } = scene
  const port = options.port ?? 80
  const flow = openTcp(scene, at, from, to, port)
  const asked = at + Math.floor(random.uniform(0.001, 0.05) * SECOND)
  const duration = options.duration ?? Math.floor(random.uniform(0.02, 0.6) * SECOND)
  const { method = 'GET', status = 200, mimeType, received, sent = 0 } = options
  const withFile = received > 0 && mimeType !== undefined
  const fuid = withFile ? `F${uniqueText(random)}` : undefined
  tap.row('http', flow, asked, asked + Math.floor(duration * 0.9), [
    1,
    method,
    options.host ?? (to.fqdn || to.address),
    options.uri,
    undefined,
    '1.1',
    options.userAgent,
    undefined,
    sent,
    received,
    status,
    STATUS[status] ?? 'OK',
    undefined,
    undefined,
    [],
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    fuid === undefined ? undefined : [fuid],
    options.filename === undefined ? undefined : [options.filename],
    mimeType === undefined ? undefined : [mimeType],
  ])
  if (fuid !== undefined) {
    fileRow(
      scene,
      flow,
      fuid,
      asked + 2000,
      Math.floor(duration * 0.8),
      'HTTP',
      false,
      received,
      mimeType,
      options.filename,
    )
  }
  closeTcp(scene, flow, duration + 40_000, 'http', 380 + sent, 300 + received)
  return flow
}

/** A row of files.log: what the sensor saw of a file passing by. */
export function fileRow(
  scene: Scene,
  flow: Flow,
  fuid: string,
  at: Micros,
  duration: Micros,
  source: string,
  isOrig: boolean,
  bytes: number,
  mimeType: string | undefined,
  filename: string | undefined,
): void {
  const { tap } = scene
  const sender = isOrig ? flow.orig : flow.resp
  const receiver = isOrig ? flow.resp : flow.orig
  const size = Math.floor(bytes)
  const rest = [
    source,
    0,
    source === 'SMB' ? [] : ['MD5', 'SHA1'],
    mimeType,
    filename,
    Math.floor(duration),
    sender.local,
    isOrig,
    size,
    size,
    0,
    0,
    false,
  ]
  const values =
    tap.release === 7
      ? [fuid, flow.uid, flow.orig.address, flow.origPort, flow.resp.address, flow.respPort, ...rest]
      : [fuid, [sender.address], [receiver.address], [flow.uid], ...rest]
  tap.record('files', flow, at, at + duration, duration, values)
}

/** A device fetches something over TLS from a named host outside, after resolving it. @returns when it began */
export function fetchOutside(
  scene: Scene,
  at: Micros,
  device: LabDevice,
  host: Host,
  options: TlsOptions,
  cached = 0.55,
): Micros {
  const ready = resolve(scene, at, device, host, cached)
  tls(scene, ready + 300, device, host, options)
  return ready
}
