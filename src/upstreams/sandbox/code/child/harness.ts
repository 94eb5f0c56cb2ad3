/** What is said to Python itself, in Python. */

/** Becomes part of the snapshot: modules that programs like to use, so that their first use costs nothing. */
export const PRELOAD = `
import abc, ast, asyncio, bisect, calendar, collections, contextlib, copy, csv, dataclasses, datetime, decimal, enum
import fractions, functools, hashlib, heapq, io, itertools, json, linecache, math, operator, random, re, statistics
import string, sys, textwrap, time, traceback, types, typing
`

/**
 * Shuts the doors from Python to JavaScript, and gives a function that runs one program as \`__main__\` and returns
 * whether it ended well. \`asyncio\` asks pyodide_js for one setting, so that stays as a plain module of Python.
 */
export const HARNESS = `
def make_runner():
    import ast, linecache, random, sys, traceback, types

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != 'JsFinder']
    sys.modules['_pyodide._importhook'].jsfinder.jsproxies.clear()
    for name in list(sys.modules):
        if name.split('.')[0] in ('js', 'pyodide_js'):
            del sys.modules[name]
    for name in ('js', 'pyodide.code', 'pyodide.console', 'pyodide.http', 'pyodide._run_js', 'pyodide._package_loader',
                 'pyodide._nodesock_transport'):
        sys.modules[name] = None
    settings = types.ModuleType('pyodide_js._api')
    settings.config = types.SimpleNamespace(enableRunUntilComplete=True)
    package = types.ModuleType('pyodide_js')
    package._api = settings
    sys.modules['pyodide_js'] = package
    sys.modules['pyodide_js._api'] = settings
    sys.argv[:] = ['']

    def fail(error):
        # What was printed before comes first.
        sys.stdout.flush()
        trace = error.__traceback__
        traceback.print_exception(type(error), error, trace and trace.tb_next)
        return False

    def ended(code):
        if code is None or code == 0:
            return True
        if not isinstance(code, int):
            print(code, file=sys.stderr)
        return False

    def run(source):
        random.seed(0)
        main = types.ModuleType('__main__')
        sys.modules['__main__'] = main
        linecache.cache['<string>'] = (len(source), None, source.splitlines(True), '<string>')
        try:
            exec(compile(source, '<string>', 'exec', dont_inherit=True), main.__dict__)
            return True
        except SystemExit as exit:
            return ended(exit.code)
        except BaseException as error:
            return fail(error)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    return run

make_runner()
`

/** Run once before a child is ready: the engine compiles what it meets for the first time, and that takes a while. */
export const WARM_UP = `
import json, math, statistics
class Point:
    def __init__(self, x): self.x = x
    def __repr__(self): return f'{self.x:.2f}'
for index in range(2):
    print(json.dumps([str(Point(math.sqrt(x))) for x in range(3)]), statistics.mean([1, 2]), sorted({'a': 1}))
    try: int('a')
    except ValueError as error: print(error)
raise SystemExit(1 / 0)
`
