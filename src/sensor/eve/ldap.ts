import type { EveRecord } from './flow.ts'
import { countAt, isObject, type JsonObject, objectAt, objectsAt, textAt, textsAt } from './json_reader.ts'
import type { EveRow, RowValue } from './row.ts'

const SCOPE = ['base', 'single', 'tree']
const DEREFERENCE = ['never', 'in searching', 'finding', 'always']

/**
 * EVE `ldap` → `ldap_search` for searches, `ldap` for all else, with Zeek's words. Suricata shows a search's filter only
 * when it asks for the presence of an attribute.
 */
export function ldapRows(record: EveRecord): readonly EveRow[] {
  const ldap = objectAt(record.json, 'ldap')
  const request = objectAt(ldap, 'request')
  const responses = objectsAt(ldap, 'responses')
  const last = responses.at(-1) ?? {}
  const operation = textAt(request, 'operation') ?? textAt(last, 'operation') ?? ''
  const name = operation.replace(/_(request|response|result_done|result_entry|result_reference)$/, '')
  const detail = responses.flatMap((response) => Object.values(response).filter(isObject)).at(-1) ?? {}
  const common: Record<string, RowValue> = {
    ...record.connection,
    message_id: countAt(request, 'message_id') ?? countAt(last, 'message_id'),
    result: textAt(detail, 'result_code')?.replaceAll('_', ' '),
    diagnostic_message: textAt(detail, 'message'),
  }
  if (name === 'search') return [searchRow(record, objectAt(request, 'search_request'), responses, common)]
  const bind = objectAt(request, 'bind_request')
  const content = objectAt(request, operation)
  const fields = {
    ...common,
    version: countAt(bind, 'version'),
    opcode:
      name === 'bind' && isObject(request['bind_request'])
        ? isObject(bind['sasl'])
          ? 'bind SASL'
          : 'bind simple'
        : name.replaceAll('_', ' '),
    object:
      textAt(bind, 'name') ??
      textAt(content, 'object') ??
      textAt(content, 'entry') ??
      textAt(content, 'dn') ??
      textAt(content, 'name'),
    argument: textAt(objectAt(bind, 'sasl'), 'mechanism'),
  }
  return [{ type: 'ldap', line: record.line, ts: record.ts, fields, extra: changes(content) }]
}

function searchRow(
  record: EveRecord,
  search: JsonObject,
  responses: readonly JsonObject[],
  common: Record<string, RowValue>,
): EveRow {
  const filter = objectAt(search, 'filter')
  const attributes = textsAt(search, 'attributes')
  return {
    type: 'ldap_search',
    line: record.line,
    ts: record.ts,
    fields: {
      ...common,
      scope: SCOPE[countAt(search, 'scope') ?? -1],
      deref_aliases: DEREFERENCE[countAt(search, 'deref_alias') ?? -1],
      base_object: textAt(search, 'base_object'),
      result_count: responses.filter((response) => textAt(response, 'operation') === 'search_result_entry').length,
      filter: textAt(filter, 'type') === 'present' ? `(${textAt(filter, 'value') ?? ''}=*)` : undefined,
      attributes: attributes.length > 0 ? attributes : undefined,
    },
  }
}

/** What a modify or add request would change: of interest, without a column. */
function changes(content: JsonObject): JsonObject | undefined {
  const { changes: changed, attributes } = content
  return changed === undefined && attributes === undefined ? undefined : { changes: changed, attributes }
}
