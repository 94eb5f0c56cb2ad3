/** nginx as a plain reverse proxy: the yardstick. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../children.ts'
import { geminiRequest } from '../wire.ts'
import { freePort, launchSubject, type Place, type Running, type Subject } from './subject.ts'

const PROGRAMS = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx']

function program(): string | undefined {
  return PROGRAMS.find((path) => existsSync(path))
}

function configuration(port: number, { mockPort, folder }: Place): string {
  // Workers of a master that runs as root would otherwise become a user who may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 12288; }
http {
  access_log ${folder}/access.log combined;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  upstream mock {
    server 127.0.0.1:${mockPort};
    keepalive 256;
    keepalive_requests 100000000;
    keepalive_timeout 300s;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_buffer_size 32k;
      proxy_buffers 8 32k;
      proxy_busy_buffers_size 64k;
      proxy_read_timeout 300s;
    }
  }
}
`
}

async function start(place: Place): Promise<Running> {
  const port = await freePort()
  const file = join(place.folder, 'nginx.conf')
  writeFileSync(file, configuration(port, place))
  const logFile = join(place.folder, 'output.log')
  const args = ['-p', place.folder, '-c', file, '-e', join(place.folder, 'error.log')]
  const launch = () =>
    startProcess({ command: program() ?? 'nginx', args, folder: place.folder, environment: {}, logFile })
  return await launchSubject({
    launch,
    port,
    readyPath: '/',
    readyStatus: 'any',
    outputFile: join(place.folder, 'error.log'),
    request: (model) => geminiRequest(port, model),
    // The master only waits; the worker does the work.
    pids: (tree) => tree.slice(1),
  })
}

export const nginx: Subject = {
  name: 'nginx',
  note: 'a plain reverse proxy: proxy_pass, one worker, kept-alive upstream connections, no buffering, a buffer that holds a whole burst, access log on',
  shareOfRequests: 1,
  native: true,
  missing: () =>
    program() === undefined ? `nginx is not installed (looked for ${PROGRAMS.join(', ')})` : undefined,
  // nginx tells its version on standard error, in the form `nginx version: nginx/1.22.1`.
  version: () =>
    execFileSync('sh', ['-c', `${program()} -v 2>&1`], { encoding: 'latin1' })
      .split('/')
      .at(-1)
      ?.trim() ?? '',
  start,
}
