import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { AlertPage } from './pages/alert.tsx'
import { AlertsPage } from './pages/alerts.tsx'
import { DevicePage } from './pages/device.tsx'
import { DevicesPage } from './pages/devices.tsx'
import { EventsPage } from './pages/events.tsx'
import { IncidentPage } from './pages/incident.tsx'
import { NoSuchPage } from './pages/no_such_page.tsx'
import { TrayPage } from './pages/tray.tsx'
import { Shell } from './shell.tsx'

/** What a page shows stands in its address, all of it text: a link can be sent to a colleague. */
export type Search = Readonly<Record<string, string | undefined>>

function validateSearch(search: Record<string, unknown>): Search {
  const texts = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts)
}

const root = createRootRoute({ component: Shell, validateSearch, notFoundComponent: NoSuchPage })

const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', component: TrayPage }),
  createRoute({ getParentRoute: () => root, path: '/incidents/$id', component: IncidentPage }),
  createRoute({ getParentRoute: () => root, path: '/alerts', component: AlertsPage }),
  createRoute({ getParentRoute: () => root, path: '/alerts/$id', component: AlertPage }),
  createRoute({ getParentRoute: () => root, path: '/devices', component: DevicesPage }),
  createRoute({ getParentRoute: () => root, path: '/devices/$id', component: DevicePage }),
  createRoute({ getParentRoute: () => root, path: '/events', component: EventsPage }),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Values stay the text they are: a uid such as 1e5 is no number.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search))
      if (typeof value === 'string' && value !== '') query.set(name, value)
    const text = query.toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
