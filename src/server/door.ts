import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Problem } from './problem.ts'
import type { Sessions } from './session.ts'

/**
 * The door of the console: which host names it answers to, who comes in, and what a browser may do with what it gets.
 * It is hung before every route, also those of files.
 */
export async function hangDoor(app: FastifyInstance, sessions: Sessions, port: () => number): Promise<void> {
  await app.register(cookie)
  // helmet's defaults would break plain HTTP (upgrade-insecure-requests) and let fonts come from anywhere.
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'font-src': ["'self'"],
        'img-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'require-trusted-types-for': ["'script'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: false,
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
    reply.header('cache-control', 'no-store')
    const host = request.headers.host ?? ''
    if (!hostsOf(port()).includes(host.toLowerCase())) {
      // A page elsewhere whose name was pointed at this machine (DNS rebinding) comes with its own name.
      throw new Problem(421, 'Wrong host', `this console answers on ${hostsOf(port())[0]} only`)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Problem(405, 'Read only', 'the console only reads')
    }
    const path = request.url.split('?')[0] ?? ''
    if (path === '/enter') return
    // Browsers ask for it beside a page that names no icon.
    if (path === '/favicon.ico') return reply.code(204).send()
    if (sessions.holds(request.cookies[cookieName(port())])) return
    if (path.startsWith('/api/')) {
      throw new Problem(401, 'Not signed in', 'open the link that thymus printed; thymus serve prints a new one')
    }
    await signedOut(
      reply,
      'This console is locked',
      'Open the link that Thymus printed on its terminal. It works once.',
    )
  })

  app.get('/enter', { schema: { hide: true } }, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    const secret = typeof token === 'string' ? sessions.exchange(token) : undefined
    if (secret === undefined) {
      return signedOut(
        reply,
        'This link was used or is wrong',
        'A link works once. Start thymus serve again for a new one; a browser that is in stays in.',
      )
    }
    reply.setCookie(cookieName(port()), secret, { httpOnly: true, sameSite: 'strict', path: '/' })
    // A redirect of another site's navigation would not carry a strict cookie; a page of our own that goes on does.
    return reply
      .type('text/html; charset=utf-8')
      .send(page('Thymus', '<meta http-equiv="refresh" content="0;url=/">', '<p><a href="/">Go on</a></p>'))
  })
}

/** Cookies know no ports: two consoles on one machine must not sign each other out. */
function cookieName(port: number): string {
  return `thymus_${port}`
}

function hostsOf(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
}

function signedOut(reply: FastifyReply, title: string, text: string): FastifyReply {
  return reply
    .code(401)
    .type('text/html; charset=utf-8')
    .send(page(title, '', `<h1>${title}</h1><p>${text}</p>`))
}

/** Only our own words go in here. */
function page(title: string, head: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    `<meta name="color-scheme" content="light dark">${head}</head><body>${body}</body></html>`
  )
}
