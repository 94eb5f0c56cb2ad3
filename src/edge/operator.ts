/** The operator's plain routes: is it alive, is it ready, what does it measure. No credential, no secret. */
import type { HttpRequest, HttpResponse } from '../nouns.ts'

export interface OperatorRoutes {
  /** False from the moment that a shutdown begins, or when the books cannot be kept. */
  readonly isReady: () => boolean
  readonly renderMetrics: () => Promise<string>
}

/** Answers `/livez`, `/readyz`, `/healthz`, `/health` and `/metrics`; false for every other path. */
export async function answerOperator(
  request: HttpRequest,
  response: HttpResponse,
  routes: OperatorRoutes,
): Promise<boolean> {
  if (request.path.length !== 1) return false
  switch (request.path[0]) {
    case 'livez':
      return text(request, response, 200, 'ok\n')
    case 'readyz':
    case 'healthz':
    case 'health':
      return routes.isReady()
        ? text(request, response, 200, 'ok\n')
        : text(request, response, 503, 'not ready\n')
    case 'metrics':
      return text(
        request,
        response,
        200,
        await routes.renderMetrics(),
        'text/plain; version=0.0.4; charset=utf-8',
      )
    default:
      return false
  }
}

function text(
  request: HttpRequest,
  response: HttpResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): true {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const content = isRead ? body : 'method not allowed\n'
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(content),
    'cache-control': 'no-store',
  }
  response.head(isRead ? status : 405, isRead ? headers : { ...headers, allow: 'GET, HEAD' })
  response.end(request.method === 'HEAD' ? undefined : content)
  return true
}
