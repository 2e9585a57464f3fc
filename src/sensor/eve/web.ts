import { type EveRecord, hashedId } from './flow.ts'
import { microsOfIso } from './iso_time.ts'
import { boolAt, countAt, type JsonObject, objectAt, objectsAt, textAt, textsAt, withoutKeys } from './json_reader.ts'
import type { EveRow } from './row.ts'

const HTTP_USED = new Set(
  'hostname url http_user_agent http_refer http_method protocol status length http_content_type xff version'.split(' '),
)

/** EVE `http` (and `http2`) → `http`. The content type is the server's word, where Zeek's is what the file looks like. */
export function httpRows(record: EveRecord): readonly EveRow[] {
  const http = objectAt(record.json, 'http')
  const depth = countAt(record.json, 'tx_id')
  const type = mimeType(textAt(http, 'http_content_type'))
  const forwarded = textAt(http, 'xff')
  const headers = objectsAt(http, 'request_headers')
  const header = (name: string): string | undefined => {
    const found = headers.find((item) => textAt(item, 'name')?.toLowerCase() === name)
    return found === undefined ? undefined : textAt(found, 'value')
  }
  const fields = {
    ...record.connection,
    trans_depth: depth === undefined ? undefined : depth + 1,
    method: textAt(http, 'http_method'),
    host: textAt(http, 'hostname'),
    uri: textAt(http, 'url'),
    referrer: textAt(http, 'http_refer'),
    version: textAt(http, 'protocol')?.replace(/^HTTP\//i, '') ?? textAt(http, 'version'),
    user_agent: textAt(http, 'http_user_agent'),
    origin: header('origin'),
    request_body_len: wholeNumber(header('content-length')),
    response_body_len: countAt(http, 'length'),
    status_code: countAt(http, 'status'),
    proxied: forwarded === undefined ? undefined : [`X-FORWARDED-FOR -> ${forwarded}`],
    resp_mime_types: type === undefined ? undefined : [type],
  }
  return [{ type: 'http', line: record.line, ts: record.ts, fields, extra: withoutKeys(http, HTTP_USED) }]
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** `text/html; charset=utf-8` → `text/html`. */
export function mimeType(contentType: string | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase() || undefined
}

const TLS_USED = new Set(
  'version sni subject issuerdn ja3 ja3s ja4 session_resumed server_alpns client fingerprint serial notbefore notafter subjectaltname certificate chain'.split(
    ' ',
  ),
)
/** Zeek's names of TLS versions. */
const TLS_VERSION: Readonly<Record<string, string>> = {
  SSLv2: 'SSLv2',
  SSLv3: 'SSLv3',
  TLSv1: 'TLSv10',
  'TLS 1.0': 'TLSv10',
  'TLS 1.1': 'TLSv11',
  'TLS 1.2': 'TLSv12',
  'TLS 1.3': 'TLSv13',
}

/** EVE `tls` → `ssl`, and `x509` where the certificate was readable (not under TLS 1.3). */
export function tlsRows(record: EveRecord): readonly EveRow[] {
  const tls = objectAt(record.json, 'tls')
  const version = textAt(tls, 'version')
  const client = objectAt(tls, 'client')
  const fingerprint = textAt(tls, 'fingerprint')?.replaceAll(':', '').toLowerCase()
  const ja3s = textAt(objectAt(tls, 'ja3s'), 'hash')
  const resumed = boolAt(tls, 'session_resumed')
  const subject = textAt(tls, 'subject')
  // The record is written when the handshake is over; a lone client hello (8.0) has nothing from the server in it.
  const answered = subject !== undefined || ja3s !== undefined || resumed === true
  const fields = {
    ...record.connection,
    version:
      version === undefined
        ? undefined
        : (TLS_VERSION[version] ?? (/^undetermined/i.test(version) ? undefined : version)),
    server_name: textAt(tls, 'sni'),
    resumed,
    next_protocol: textsAt(tls, 'server_alpns')[0],
    established: answered ? true : undefined,
    cert_chain_fps: fingerprint === undefined ? undefined : [fingerprint],
    subject,
    issuer: textAt(tls, 'issuerdn'),
    client_subject: textAt(client, 'subject'),
    client_issuer: textAt(client, 'issuerdn'),
    ja3: textAt(objectAt(tls, 'ja3'), 'hash'),
    ja3s,
    ja4: textAt(tls, 'ja4'),
  }
  const ssl: EveRow = { type: 'ssl', line: record.line, ts: record.ts, fields, extra: withoutKeys(tls, TLS_USED) }
  return fingerprint === undefined || subject === undefined ? [ssl] : [ssl, certificateRow(record, tls, fingerprint)]
}

function certificateRow(record: EveRecord, tls: JsonObject, fingerprint: string): EveRow {
  return {
    type: 'x509',
    line: record.line,
    ts: record.ts,
    fields: {
      id: hashedId('F', `x509 ${record.flow.uid} ${fingerprint}`),
      fingerprint,
      'certificate.serial': textAt(tls, 'serial')?.replaceAll(':', ''),
      'certificate.subject': textAt(tls, 'subject'),
      'certificate.issuer': textAt(tls, 'issuerdn'),
      'certificate.not_valid_before': isoAt(tls, 'notbefore'),
      'certificate.not_valid_after': isoAt(tls, 'notafter'),
      'san.dns': textsAt(tls, 'subjectaltname').length > 0 ? textsAt(tls, 'subjectaltname') : undefined,
      host_cert: true,
      client_cert: false,
    },
  }
}

function isoAt(object: JsonObject, key: string): number | undefined {
  const text = textAt(object, key)
  return text === undefined ? undefined : microsOfIso(text)
}

/** EVE `quic` → `ssl` as well: Zeek logs QUIC's handshake, which is TLS 1.3 (RFC 9001), in ssl.log. */
export function quicRows(record: EveRecord): readonly EveRow[] {
  const quic = objectAt(record.json, 'quic')
  const fields = {
    ...record.connection,
    version: 'TLSv13',
    server_name: textAt(quic, 'sni'),
    ja3: textAt(objectAt(quic, 'ja3'), 'hash'),
    ja3s: textAt(objectAt(quic, 'ja3s'), 'hash'),
    ja4: textAt(quic, 'ja4'),
  }
  return [
    { type: 'ssl', line: record.line, ts: record.ts, fields, extra: { quic_version: quic['version'], ua: quic['ua'] } },
  ]
}
