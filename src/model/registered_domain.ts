/**
 * The part of a DNS name that somebody registered: its last two labels, or three where the last two are of the kind `co.uk`
 * or `com.br`. A rule, not a list of public suffixes, so that the same can be said in SQL.
 */
const SECOND_LEVEL: readonly string[] = ['ac', 'co', 'com', 'edu', 'go', 'gov', 'ne', 'net', 'or', 'org']
const COUNTRY = /^[a-z]{2}$/

/** The same for `regexp_extract` over a name in lower case. */
export const REGISTERED_DOMAIN_PATTERN = `(?:[^.]+[.](?:${SECOND_LEVEL.join('|')})[.][a-z]{2}|[^.]+[.][^.]+)$`

/** In lower case; '' where the text has no two labels at its end. Takes linear time whatever the text. */
export function registeredDomain(text: string): string {
  const name = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const last = name.lastIndexOf('.')
  if (last <= 0 || last === name.length - 1) return ''
  const second = name.lastIndexOf('.', last - 1)
  if (second === last - 1) return ''
  const two = name.slice(second + 1)
  if (second <= 0 || !SECOND_LEVEL.includes(name.slice(second + 1, last)) || !COUNTRY.test(name.slice(last + 1)))
    return two
  const third = name.lastIndexOf('.', second - 1)
  return third === second - 1 ? two : name.slice(third + 1)
}
