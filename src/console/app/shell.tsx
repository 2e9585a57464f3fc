import { Link, Outlet, useCanGoBack, useNavigate, useRouter } from '@tanstack/react-router'
import { Keyboard, Moon, Sun } from 'lucide-react'
import { type JSX, useEffect, useRef } from 'react'
import { useKeys } from './keys.ts'
import { otherTheme, useTheme } from './theme.ts'

const TABS = [
  { to: '/', text: 'Incidents', key: 'i', exact: true },
  { to: '/alerts', text: 'Alerts', key: 'a', exact: false },
  { to: '/devices', text: 'Devices', key: 'd', exact: false },
] as const

const KEYS = [
  ['j  k', 'next, previous'],
  ['enter', 'open'],
  ['esc', 'back'],
  ['/', 'filter'],
  ['1 … 5', 'parts of an incident'],
  ['i  a  d', 'incidents, alerts, devices'],
  ['t', 'light, dark'],
  ['?', 'these keys'],
] as const

/** The frame around every page. */
export function Shell(): JSX.Element {
  const theme = useTheme()
  const navigate = useNavigate()
  const router = useRouter()
  const canGoBack = useCanGoBack()
  const help = useRef<HTMLDialogElement>(null)
  const openHelp = (): void => help.current?.showModal()
  const goBack = (): void => {
    if (canGoBack) router.history.back()
    else void navigate({ to: '/' })
  }
  useKeys([
    ['?', openHelp],
    ['t', otherTheme],
    ['i', () => void navigate({ to: '/' })],
    ['a', () => void navigate({ to: '/alerts' })],
    ['d', () => void navigate({ to: '/devices' })],
    ['/', () => document.querySelector<HTMLInputElement>('input[data-filter]')?.select()],
    ['Escape', goBack],
  ])
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && event.target instanceof HTMLInputElement) event.target.blur()
    }
    window.addEventListener('keydown', leave)
    return () => window.removeEventListener('keydown', leave)
  }, [])
  return (
    <>
      <header className="sticky top-0 z-20 border-b border-line bg-panel">
        <div className="mx-auto flex h-12 max-w-[1600px] items-center gap-6 px-5">
          <Link to="/" className="flex items-center gap-2 font-semibold tracking-tight">
            <Mark />
            Thymus
          </Link>
          <nav aria-label="Pages" className="flex h-full gap-1">
            {TABS.map(({ to, text, exact }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact, includeSearch: false }}
                className="flex items-center border-b-2 border-transparent px-2.5 text-sm text-ink2 hover:text-ink data-[status=active]:border-accent data-[status=active]:font-medium data-[status=active]:text-ink"
              >
                {text}
              </Link>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-1 text-ink3">
            <span className="mr-2 hidden text-xs md:inline">all times UTC</span>
            <IconButton label={theme === 'dark' ? 'Light theme (t)' : 'Dark theme (t)'} act={otherTheme}>
              {theme === 'dark' ? <Sun size={16} /> : <Moon size={16} />}
            </IconButton>
            <IconButton label="Keys (?)" act={openHelp}>
              <Keyboard size={16} />
            </IconButton>
          </div>
        </div>
      </header>
      <main className="mx-auto max-w-[1600px] px-5 pt-5 pb-16">
        <Outlet />
      </main>
      <dialog
        ref={help}
        aria-labelledby="keys-title"
        className="m-auto w-80 rounded-xl border border-edge bg-panel p-5 text-ink shadow-2xl"
      >
        <h2 id="keys-title" className="mb-3 text-lg font-semibold">
          Keys
        </h2>
        <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 text-sm">
          {KEYS.map(([key, what]) => (
            <div key={key} className="contents">
              <dt className="flex gap-1 font-mono text-xs">
                {key.split('  ').map((one) => (
                  <kbd key={one} className="rounded border border-edge bg-raise px-1.5 py-0.5 whitespace-nowrap">
                    {one}
                  </kbd>
                ))}
              </dt>
              <dd className="text-ink2">{what}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog" className="mt-4 text-right">
          <button type="submit" className="rounded-md border border-edge px-3 py-1 text-sm hover:bg-raise">
            Close
          </button>
        </form>
      </dialog>
    </>
  )
}

function IconButton({ label, act, children }: { label: string; act: () => void; children: JSX.Element }): JSX.Element {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={act}
      className="rounded-md p-2 hover:bg-raise hover:text-ink"
    >
      {children}
    </button>
  )
}

/** A thymus leaf: two lobes on one stem. */
function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" className="text-accent">
      <path
        d="M12 21V9.5M12 9.5C12 5.9 9.2 4 5 4c0 4.2 2.6 7 7 7M12 9.5C12 5.9 14.8 4 19 4c0 4.2-2.6 7-7 7"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
