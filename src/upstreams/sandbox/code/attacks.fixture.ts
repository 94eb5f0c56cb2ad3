/** Python programs that try to get out of the sandbox, and what must be seen of each. */

export interface Attack {
  readonly name: string
  readonly code: string
  /** What the output must show: that the try failed, and how. */
  readonly seen: RegExp
  readonly outcome?: 'OUTCOME_OK' | 'OUTCOME_FAILED' | 'OUTCOME_DEADLINE_EXCEEDED'
  /** For one that could take others in the same child with it. */
  readonly isAlone?: boolean
}

/** Finds Pyodide's own objects among those that Python's garbage collector knows. */
const REACH = `
import gc, os
from pyodide.ffi import to_js
found = [r for o in gc.get_objects() if type(o).__name__ in ('JsLoader', 'JsFinder', 'dict')
         for r in gc.get_referents(o) if type(r).__name__ == 'JsProxy']
api = next(p for p in found if hasattr(p, 'loadPackage'))
module, Object = api._module, api.constructor
record = lambda **members: to_js(members, dict_converter=Object.fromEntries)
`

export const REFUSED = 'OUTCOME_FAILED'
export const ENDLESS = 'OUTCOME_DEADLINE_EXCEEDED'

/** `{canary}`, its `{folder}` and the listener's `{port}` are filled in. */
export const ATTACKS: readonly Attack[] = [
  { name: 'open /etc/passwd', code: "print(open('/etc/passwd').read())", seen: /FileNotFoundError/ },
  { name: 'open a file of the machine', code: "print(open('{canary}').read())", seen: /FileNotFoundError/ },
  {
    name: 'list the root folder',
    code: "import os; print(sorted(os.listdir('/')))",
    seen: /^\['dev', 'home', 'lib', 'proc', 'tmp'\]\n$/,
    outcome: 'OUTCOME_OK',
  },
  {
    name: 'mount the machine by mountNodeFS',
    code: `${REACH}api.mountNodeFS('/mnt', '{folder}'); print(os.listdir('/mnt'))`,
    seen: /JsException|Error: hostPath/,
  },
  {
    name: 'mount the machine by NODEFS',
    code: `${REACH}os.mkdir('/m'); fs = module.FS
fs.mount(fs.filesystems.NODEFS, record(root='{folder}'), '/m'); print(open('/m/canary.txt').read())`,
    seen: /Error/,
  },
  {
    name: 'list a folder by the operations of NODEFS',
    code: `${REACH}print(module.FS.filesystems.NODEFS.node_ops.readdir(record(mount=record(opts=record(root='/'),
mountpoint='/'), name='/')))`,
    seen: /Error/,
  },
  { name: 'import js', code: 'import js; print(js.fetch)', seen: /ModuleNotFoundError: import of js halted/ },
  { name: 'import pyodide_js', code: 'import pyodide_js; pyodide_js.loadPackage', seen: /AttributeError/ },
  {
    name: 'run_js',
    code: "from pyodide.code import run_js; print(run_js('process.env'))",
    seen: /ModuleNotFoundError/,
  },
  {
    name: 'pyodide.code by the back door',
    code: "import pyodide; print(pyodide.code.run_js('process.env'))",
    seen: /ModuleNotFoundError/,
  },
  {
    name: 'the Function constructor',
    code: `${REACH}print(Object.constructor('return process')())`,
    seen: /EvalError: Code generation from strings disallowed/,
  },
  {
    name: 'the constructor of async functions',
    code: `${REACH}print(api.runPythonAsync.constructor('return process')())`,
    seen: /EvalError: Code generation from strings disallowed/,
  },
  {
    name: 'eval by emscripten_run_script',
    code: `${REACH}print(module._emscripten_run_script(module.stringToNewUTF8('process.exit()')))`,
    seen: /EvalError: Code generation from strings disallowed/,
  },
  {
    name: 'process.kill, dlopen, binding and env',
    code: `${REACH}for owner in (api, api._api, module):
    for name in ('process', 'require', 'global', 'globalThis'):
        print(hasattr(owner, name), end=' ')
print(Object.constructor('return process.kill(process.ppid)')())`,
    seen: /^(?:False ){12}Traceback[\s\S]*EvalError/,
  },
  {
    name: 'the environment',
    code: "import os; print(sorted(os.environ)); print(os.getcwd(), os.environ['_'])",
    seen: /^\['HOME', 'LANG', 'LD_LIBRARY_PATH', 'LOGNAME', 'PATH', 'PWD', 'PYTHON\w+', 'PYTHON\w+', 'USER', '_'\]\n\/ \.\/this\.program\n$/,
    outcome: 'OUTCOME_OK',
  },
  {
    name: 'a package from the network',
    code: `${REACH}import asyncio
async def load(): print(await api.loadPackage('http://127.0.0.1:{port}/x-1.0-py3-none-any.whl'))
asyncio.run(load())`,
    seen: /fetch is not defined/,
    outcome: 'OUTCOME_OK',
    // It prints around Python's own stdout.
    isAlone: true,
  },
  {
    name: 'JavaScript from a data URL',
    code: `${REACH}import asyncio
async def load(): print(await api._api.loadBinaryFile('data:text/javascript,globalThis.x=1'))
asyncio.run(load())`,
    seen: /Error/,
  },
  { name: 'fetch', code: 'from js import fetch', seen: /ModuleNotFoundError/ },
  { name: 'pyfetch', code: 'from pyodide.http import pyfetch', seen: /ModuleNotFoundError/ },
  {
    name: 'urllib',
    code: "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=1).read())",
    seen: /Error/,
  },
  {
    name: 'a socket',
    code: `import socket
s = socket.socket(); s.settimeout(1); s.connect(('127.0.0.1', {port})); s.sendall(b'x'); print(s.recv(1))`,
    seen: /Error/,
  },
  {
    name: 'a WebSocket under a socket',
    code: `${REACH}import socket
module.websocket = record(url='ws://127.0.0.1:{port}/')
s = socket.socket(); s.connect(('127.0.0.1', {port})); s.send(b'x')`,
    seen: /Error/,
    isAlone: true,
  },
  {
    name: 'sockets of Node',
    code: `${REACH}import asyncio, socket
async def go():
    await api.useNodeSockFS()
    reader, writer = await asyncio.open_connection('127.0.0.1', {port})
    print(await reader.read(1))
asyncio.run(go())`,
    seen: /Error/,
    isAlone: true,
  },
  {
    name: 'os.system',
    code: "import os; print(os.system('id'))",
    seen: /SystemError: the Python interpreter ended/,
    isAlone: true,
  },
  { name: 'subprocess', code: "import subprocess; print(subprocess.run(['id']))", seen: /Error/ },
  { name: 'fork', code: 'import os; print(os.fork())', seen: /AttributeError|OSError/ },
  {
    name: 'a signal to the parent',
    code: 'import os; os.kill(os.getppid(), 9); print(1)',
    seen: /PermissionError/,
  },
  {
    name: 'threads',
    code: 'import threading; threading.Thread(target=print).start()',
    seen: /can't start new thread/,
  },
  {
    name: 'a string of 2 GB',
    code: "x = 'a' * 2**31; print(len(x))",
    seen: /MemoryError|OverflowError/,
    isAlone: true,
  },
  {
    name: 'bytes without end',
    code: 'x = []\nwhile True: x.append(bytearray(2**20))',
    seen: /MemoryError/,
    isAlone: true,
  },
  {
    name: 'memory beside the heap of Python',
    code: `${REACH}import time
x = [module.HEAPU8.constructor.new(300 * 2**20) for _ in range(4)]
for each in x: each.fill(1)
time.sleep(1)
print('filled')`,
    seen: /^MemoryError: the program needed more than 512 MiB|RangeError/,
    isAlone: true,
  },
  {
    name: 'recursion without end',
    code: 'def f(): return f() + f()\nf()',
    seen: /RecursionError/,
    isAlone: true,
  },
  {
    name: 'recursion without a limit',
    code: 'import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)',
    seen: /SystemError: the Python interpreter ended|MemoryError|RecursionError/,
    isAlone: true,
  },
  {
    name: 'an endless loop',
    code: 'while True: pass',
    seen: /stopped after 1 seconds/,
    outcome: ENDLESS,
  },
  {
    name: 'an endless loop that catches everything',
    code: 'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
    seen: /stopped after 1 seconds/,
    outcome: ENDLESS,
  },
  {
    name: 'output without end',
    code: "while True: print('x' * 1000)",
    seen: /^[x\n]{60000,65536}\n?The program was stopped after 1 seconds\.\n$/,
    outcome: ENDLESS,
  },
  {
    name: 'a number without end',
    code: 'x = 10 ** 10 ** 10',
    seen: /stopped after 1 seconds/,
    outcome: ENDLESS,
  },
  {
    name: 'a regular expression without end',
    code: "import re; re.match('(a+)+$', 'a' * 40 + 'b')",
    seen: /stopped after 1 seconds/,
    outcome: ENDLESS,
  },
  {
    name: 'no builtins',
    code: 'import builtins; builtins.__dict__.clear(); 1 / 0',
    seen: /ZeroDivisionError/,
    isAlone: true,
  },
  {
    name: 'bytes to descriptors that are not its own',
    code: 'import os\nfor fd in (3, 4, 5): \n  try: print(os.write(fd, b"\\x10"))\n  except OSError as e: print(e.errno)\n1/0',
    seen: /^8\n8\n8\nTraceback/,
    isAlone: true,
  },
  {
    name: 'a forged outcome, by a descriptor of the machine',
    code: `${REACH}mark = module.HEAPU8.constructor.new(1); mark[0] = 0x10
print(module.FS.filesystems.NODEFS.stream_ops.write(record(nfd=3), mark, 0, 1, None))
1 / 0`,
    seen: /AttributeError: write/,
    isAlone: true,
  },
  { name: 'sys.exit', code: "import sys; print('a'); sys.exit(3)", seen: /^a\n$/, isAlone: true },
  { name: 'os._exit', code: "import os; print('a', flush=True); os._exit(3)", seen: /^a\n$/, isAlone: true },
  {
    name: 'os.abort',
    code: 'import os; os.abort()',
    seen: /SystemError: the Python interpreter ended/,
    isAlone: true,
  },
  {
    name: 'memory that is not there, by ctypes',
    code: 'import ctypes; ctypes.string_at(0xfffffff0, 8); ctypes.memset(0, 0, 10**6)',
    seen: /SystemError: the Python interpreter ended|Error/,
    isAlone: true,
  },
]
