/** What `serve` says once it listens. Pure: the whole greeting is a function of what started. */

export interface Greeting {
  readonly version: string
  /** As it listens, such as `http://127.0.0.1:4080`. */
  readonly url: string
  /** Keys that were made now; they are shown here and never again. */
  readonly firstStart: { readonly clientKey: string | undefined; readonly adminKey: string | undefined }
  readonly usesSandboxOnly: boolean
  /** A name that the request which is shown can use. */
  readonly model: string
  /** The environment variable that would bring a real upstream. */
  readonly upstreamVariable: string
  readonly notices: readonly string[]
  /** Whether `WASAT_KEY` holds the client key. */
  readonly hasOwnClientKey: boolean
}

export function renderGreeting(greeting: Greeting): string {
  const { firstStart, notices, usesSandboxOnly, version } = greeting
  const url = reachableUrl(greeting.url)
  const isFirst = firstStart.clientKey !== undefined || firstStart.adminKey !== undefined
  const parts = [`Wasat ${version} listens on ${greeting.url}`, ...notices.map((notice) => `  ${notice}`)]
  if (usesSandboxOnly)
    parts.push(
      `  answers come from the built-in sandbox; for a real upstream: ${greeting.upstreamVariable}=… wasat serve`,
    )
  if (isFirst) parts.push(...renderFirstStart(greeting, url))
  else parts.push(`  operator API: ${url}/admin/v1/ · client keys: wasat keys create --name <name>`)
  return `${parts.join('\n')}\n\n`
}

function renderFirstStart({ firstStart, model, hasOwnClientKey }: Greeting, url: string): string[] {
  const { clientKey, adminKey } = firstStart
  const request: FirstRequest = { url, key: clientKey, model }
  const lines = ['', 'Keys, shown this once:']
  if (clientKey !== undefined) lines.push(`  client key  ${clientKey}`)
  if (adminKey !== undefined) lines.push(`  admin key   ${adminKey}`)
  if (clientKey !== undefined || hasOwnClientKey) {
    // Not indented: pasted Python would not run.
    lines.push('', '# curl', curlLine(request))
    lines.push('', '# Python (pip install google-genai)', pythonSnippet(request))
    lines.push('', '// JavaScript (npm install @google/genai)', javascriptSnippet(request))
  }
  lines.push('', `operator API: ${url}/admin/v1/`)
  return lines
}

export interface FirstRequest {
  readonly url: string
  readonly key: string | undefined
  readonly model: string
}

/** One line for a POSIX shell. Without a key it takes the one in `WASAT_KEY`. */
export function curlLine({ url, key, model }: FirstRequest): string {
  const header = key === undefined ? '"x-goog-api-key: $WASAT_KEY"' : `'x-goog-api-key: ${key}'`
  const body = `'{"contents":[{"parts":[{"text":"Hello"}]}]}'`
  return `curl -s ${url}/v1beta/models/${model}:generateContent -H ${header} -H 'content-type: application/json' -d ${body}`
}

export function pythonSnippet({ url, key, model }: FirstRequest): string {
  const credential = key === undefined ? 'os.environ["WASAT_KEY"]' : JSON.stringify(key)
  return `${key === undefined ? 'import os\n' : ''}from google import genai
client = genai.Client(api_key=${credential}, http_options={"base_url": "${url}"})
print(client.models.generate_content(model="${model}", contents="Hello").text)`
}

/** An ES module. */
export function javascriptSnippet({ url, key, model }: FirstRequest): string {
  const credential = key === undefined ? 'process.env.WASAT_KEY' : `'${key}'`
  return `import { GoogleGenAI } from '@google/genai'
const ai = new GoogleGenAI({ apiKey: ${credential}, httpOptions: { baseUrl: '${url}' } })
console.log((await ai.models.generateContent({ model: '${model}', contents: 'Hello' })).text)`
}

/** `0.0.0.0` and `::` are every address of the machine and not one to connect to. */
export function reachableUrl(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=[:/]|$)/, '//127.0.0.1')
}
