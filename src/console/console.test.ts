import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { FLOODED, finishedRun } from '../server/fixture.ts'
import { type RunningServer, serve } from '../server/server.ts'
import { consoleFolder } from './console.ts'

/** A walk through the console in a real browser. */

const CHROMIUM = '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM} (on Debian: apt-get install chromium)`

let server: RunningServer
let browser: Browser
let context: BrowserContext
let page: Page
/** What the browser complained of: errors of scripts, refusals by the policy, failed requests. */
const complaints: string[] = []

before(async () => {
  if (skip) return
  const [from, console] = [await finishedRun(), await consoleFolder()]
  server = await serve({ from, console })
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(server.link())
  await page.waitForURL(`http://127.0.0.1:${server.port}/`)
})

after(async () => {
  await browser?.close()
  await server?.close()
})

async function open(path: string): Promise<void> {
  await page.goto(`http://127.0.0.1:${server.port}${path}`)
  await page.locator('h1').waitFor()
}

function pathNow(): string {
  return new URL(page.url()).pathname
}

async function axeFindings(): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
}

test('from the tray to an incident, an alert and the raw event in three clicks', { skip }, async () => {
  await open('/')
  await page.getByRole('link', { name: /10\.0\.1\.6 wrote/ }).click()
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  await page.getByRole('link', { name: 'alert', exact: true }).first().click()
  await page.getByRole('heading', { name: 'How unusual that is here' }).waitFor()
  await page.locator('a[href^="/events?uid="]').first().click()
  await page.getByRole('heading', { name: 'Events', exact: true }).waitFor()
  await page.getByText('This is the event that was meant.').waitFor()
  assert.ok((await page.locator('dt', { hasText: 'id_orig_h' }).count()) >= 1)
})

test('the parts of an incident are all there', { skip }, async () => {
  await open('/incidents/feedfacefeedface')
  for (const title of ['What happened', 'Attack path', 'Phases', 'Timeline', 'Verdict', 'What to do next', 'Devices']) {
    await page.getByRole('heading', { name: title, exact: true }).waitFor()
  }
  await page.getByRole('link', { name: /first foothold/ }).waitFor()
  await page.getByRole('button', { name: /^step 1/ }).click()
  await page.getByText('Joined because it wrote there.').waitFor()
  assert.match(page.url(), /step=1/)
  await page.getByRole('tab', { name: /investigation/ }).click()
  await page.getByText('Dropped: not from here.').waitFor()
  await page.getByText('Is it an administrator’s machine?').waitFor()
  await page.getByRole('tab', { name: /indicators/ }).click()
  await page.getByRole('cell', { name: 'file' }).waitFor()
  await page.getByRole('tab', { name: /events/ }).click()
  await page.locator('a[href^="/events?uid="]').first().waitFor()
})

test('a device shows its flood above the expected band, and a part of it when dragged over', { skip }, async () => {
  await open('/devices')
  await page
    .getByRole('row', { name: new RegExp(FLOODED.replaceAll('.', '\\.')) })
    .getByRole('link')
    .click()
  await page.getByRole('button', { name: /^Incoming connections [\d,]/ }).click()
  await page.getByText(/incoming connections in the hour from/).waitFor()
  const chart = page.getByRole('img', { name: /Incoming connections: at most 1,2\d\d in an hour/ })
  const box = (await chart.boundingBox())!
  assert.ok(box.width > 400 && box.height > 200)
  await page.mouse.move(box.x + box.width * 0.5, box.y + 100)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.8, box.y + 100, { steps: 4 })
  await page.mouse.up()
  await page.getByRole('button', { name: 'whole time' }).waitFor()
  assert.match(page.url(), /metric=connections_in&from=\d+&to=\d+/)
})

test('hostile names stay text, and what hides is shown', { skip }, async () => {
  for (const path of [
    '/',
    '/incidents/feedfacefeedface',
    '/incidents/feedfacefeedface?tab=indicators',
    '/events?uid=CHostile',
  ]) {
    await open(path)
    await page.getByText('<img src=x onerror="document.title=1">').first().waitFor()
    await page.locator('.hidden-character', { hasText: 'U+202E' }).first().waitFor()
    assert.equal(await page.locator('img').count(), await page.locator('img[role]').count(), path)
    assert.equal(await page.locator('body').evaluate('document.body.innerText.includes("\\u202e")'), false, path)
    assert.notEqual(await page.title(), '1')
  }
})

test('the keyboard leads from the tray to a raw event and back', { skip }, async () => {
  await open('/')
  await page.getByRole('link', { name: /10\.0\.1\.6 wrote/ }).waitFor()
  await page.keyboard.press('j')
  await page.locator('[data-at]').waitFor()
  assert.match(page.url(), /at=feedfacefeedface/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Timeline' }).waitFor()
  await page.keyboard.press('3')
  await page.getByRole('heading', { name: 'Alerts', exact: true }).waitFor()
  await page.locator('[data-row]').first().waitFor()
  await page.keyboard.press('j')
  await page.locator('[data-at]').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'How unusual that is here' }).waitFor()
  await page.keyboard.press('j')
  await page.locator('[data-at]').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('This is the event that was meant.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'How unusual that is here' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: /alerts/, selected: true }).waitFor()
  await page.keyboard.press('d')
  await page.getByRole('heading', { name: 'Devices', exact: true }).waitFor()
  await page.getByRole('row').nth(1).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('newyork')
  await page.waitForURL(/q=newyork/)
  assert.equal(await page.locator('[data-row]').count(), 1)
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('next, previous').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  assert.equal(pathNow(), '/devices')
})

test('light and dark pages are clean for axe', { skip, timeout: 120_000 }, async () => {
  const { devices } = (await (await page.request.get(`http://127.0.0.1:${server.port}/api/v1/devices`)).json()) as {
    devices: { id: string }[]
  }
  const [first] = devices
  for (const theme of ['light', 'dark']) {
    await open('/')
    if ((await page.locator('html').getAttribute('data-theme')) !== theme) await page.keyboard.press('t')
    assert.equal(await page.locator('html').getAttribute('data-theme'), theme)
    for (const path of [
      '/',
      '/incidents/feedfacefeedface',
      '/incidents/feedfacefeedface?tab=investigation',
      '/alerts?all=yes',
      '/devices',
      `/devices/${first!.id}`,
      '/events?uid=CHostile',
    ]) {
      await open(path)
      await page.waitForLoadState('networkidle')
      assert.deepEqual(await axeFindings(), [], `${theme} ${path}`)
    }
  }
})

test('what cannot be had is said in words', { skip }, async () => {
  const before = complaints.length
  await page.goto(`http://127.0.0.1:${server.port}/incidents/nope`)
  await page.getByRole('alert').getByText('there is no incident with this id').waitFor()
  await page.goto(`http://127.0.0.1:${server.port}/events`)
  await page.getByText('Which events?').waitFor()
  await page.goto(`http://127.0.0.1:${server.port}/?q=nothing-like-this`)
  await page.getByText('No incident fits the filter').waitFor()
  await page.goto(`http://127.0.0.1:${server.port}/no/such/page`)
  await page.getByText('There is no such page').waitFor()
  // The browser tells of the answer 404 that was asked for.
  complaints.splice(before)
})

test('a browser without the link sees nothing', { skip }, async () => {
  const stranger = await browser.newContext()
  try {
    const other = await stranger.newPage()
    const response = await other.goto(`http://127.0.0.1:${server.port}/incidents/feedfacefeedface`)
    assert.equal(response?.status(), 401)
    await other.getByText('This console is locked').waitFor()
  } finally {
    await stranger.close()
  }
})

test('the browser had nothing to complain of', { skip }, () => {
  assert.deepEqual(complaints, [])
})
