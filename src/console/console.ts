import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The console: pages for a browser (`app/`), built by Vite when they are first wanted. */

const ROOT = join(import.meta.dirname, '..', '..')
const APP = join(import.meta.dirname, 'app')
const BUILT = join(ROOT, 'dist', 'console')

/**
 * The folder of the built console. It is built once (some seconds) for each state of its sources and of the lock file.
 * @param onBuild called when there is something to wait for
 */
export async function consoleFolder(onBuild?: () => void): Promise<string> {
  const folder = join(BUILT, await stateOfSources())
  if (existsSync(join(folder, 'index.html'))) return folder
  onBuild?.()
  // Vite takes half a second to load: only here.
  const [{ build }, { default: react }, { default: tailwind }] = await Promise.all([
    import('vite'),
    import('@vitejs/plugin-react'),
    import('@tailwindcss/vite'),
  ])
  const unfinished = `${folder}.${process.pid}.tmp`
  await mkdir(BUILT, { recursive: true })
  await build({
    root: APP,
    configFile: false,
    logLevel: 'warn',
    plugins: [react(), tailwind()],
    build: {
      outDir: unfinished,
      emptyOutDir: true,
      // Nothing inline: the pages are served under a policy that forbids it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1000,
    },
  })
  await rename(unfinished, folder).catch(async (error: unknown) => {
    // Another process was first.
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(join(folder, 'index.html'))) throw error
  })
  await removeOlder(folder)
  return folder
}

/** Hash of all that the built console depends on. */
async function stateOfSources(): Promise<string> {
  const hash = createHash('sha256')
  const names = (await readdir(APP, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const name of [join(ROOT, 'package-lock.json'), import.meta.filename, ...names]) {
    const bytes = await readFile(name)
    hash.update(`${name.slice(ROOT.length)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 16)
}

async function removeOlder(folder: string): Promise<void> {
  for (const name of await readdir(BUILT)) {
    if (/^[0-9a-f]{16}$/.test(name) && join(BUILT, name) !== folder)
      await rm(join(BUILT, name), { recursive: true, force: true })
  }
}
