import { QueryFailure } from './query_failure.ts'

/** What a question reads, found in its syntax tree. */
export interface QueryReads {
  /** Names of tables and views, small letters; also names that the question gives to its own parts (WITH). */
  readonly tables: ReadonlySet<string>
  /** Asks which tables or columns there are (SHOW, DESCRIBE, information_schema, duckdb_…). */
  readonly catalog: boolean
}

/** Functions that make rows of nothing but their arguments or of the catalogue. All others could read files. */
const HARMLESS_FUNCTIONS = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
  'duckdb_columns',
  'duckdb_functions',
  'duckdb_keywords',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
  'pragma_table_info',
])

/**
 * Judges a question by DuckDB's own syntax tree (`json_serialize_sql`), which takes nothing but SELECT.
 * A locked DuckDB still lets COPY write where it may read, so this is the first guard, not the second.
 * @param serialized what `json_serialize_sql` said
 * @throws QueryFailure when it is not one SELECT over views and harmless functions
 */
export function admitQuery(serialized: string, sql: string): QueryReads {
  const tree = JSON.parse(serialized) as Tree
  if (tree.error) throw refusalOf(tree, sql)
  const statements = tree.statements ?? []
  if (statements.length === 0) throw new QueryFailure('refused', 'the query is empty: give one SELECT')
  if (statements.length > 1) {
    throw new QueryFailure('refused', `one query at a time: these are ${statements.length} statements`)
  }
  const tables = new Set<string>()
  const seen = { catalog: false }
  walk(statements, (node) => {
    switch (node['type']) {
      case 'BASE_TABLE':
        admitTable(node, tables, seen)
        return
      case 'SHOW_REF':
        seen.catalog = true
        return
      case 'TABLE_FUNCTION':
        admitFunction(node, seen)
    }
  })
  return { tables, catalog: seen.catalog }
}

interface Tree {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly unknown[]
}

type Node = Readonly<Record<string, unknown>>

function refusalOf(tree: Tree, sql: string): QueryFailure {
  const message = tree.error_message ?? 'not a SELECT'
  if (tree.error_type === 'parser') return new QueryFailure('sql', withCaret(message, sql, Number(tree.position)))
  return new QueryFailure(
    'refused',
    'only SELECT (also WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES) may run here: the lake is read, never written',
  )
}

/** The line of the question at a position, with a caret under it. */
function withCaret(message: string, sql: string, position: number): string {
  if (!Number.isFinite(position)) return message
  const before = sql.slice(0, position)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = sql.indexOf('\n', position)
  const line = sql.slice(lineStart, lineEnd < 0 ? sql.length : lineEnd)
  const head = `LINE ${before.split('\n').length}: `
  return `${message}\n${head}${line}\n${' '.repeat(head.length + position - lineStart)}^`
}

function admitTable(node: Node, tables: Set<string>, seen: { catalog: boolean }): void {
  const name = String(node['table_name'] ?? '')
  const schema = String(node['schema_name'] ?? '').toLowerCase()
  if (schema === 'information_schema' || schema === 'pg_catalog') {
    seen.catalog = true
    return
  }
  // DuckDB would take such a name for a file.
  if (/[./\\*?:]/.test(name)) {
    throw new QueryFailure(
      'refused',
      `files cannot be named in a query ('${name}'): ask the views. SHOW TABLES lists them`,
    )
  }
  if (name.toLowerCase().startsWith('duckdb_')) seen.catalog = true
  tables.add(name.toLowerCase())
}

function admitFunction(node: Node, seen: { catalog: boolean }): void {
  const called = node['function'] as Node | undefined
  const name = String(called?.['function_name'] ?? '').toLowerCase()
  if (!HARMLESS_FUNCTIONS.has(name)) {
    throw new QueryFailure('refused', `${name}() may not be used in FROM: ask the views. SHOW TABLES lists them`)
  }
  if (/^(duckdb|pragma)_/.test(name)) seen.catalog = true
}

function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit)
  } else if (typeof node === 'object' && node !== null) {
    visit(node as Node)
    for (const value of Object.values(node)) walk(value, visit)
  }
}
