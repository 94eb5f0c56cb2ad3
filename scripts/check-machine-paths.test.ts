import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkMachinePaths } from './check-machine-paths.ts'

const root = mkdtempSync(join(tmpdir(), 'wasat-paths-'))
after(() => rmSync(root, { recursive: true }))

function check(text: string): string[] {
  writeFileSync(join(root, 'file'), text)
  return checkMachinePaths(root, ['file']).map(({ line, message }) => `${line} ${message.split(' ')[0]}`)
}

const slash = '/'

test('paths of a machine are seen', () => {
  assert.deepEqual(check(`a\nsee ${slash}home/anna/x and '${slash}root/'`), [`2 '${slash}home/anna'`])
  assert.deepEqual(check(`"${slash}root/.npm"`), [`1 '${slash}root/.npm'`])
  assert.deepEqual(check(`file://${slash}Users/anna`), [`1 '${slash}Users/anna'`])
  assert.deepEqual(check(`cd ${slash}Users/anna`), [`1 '${slash}Users/anna'`])
  assert.deepEqual(check(`cd ${slash}work/main`), [`1 '${slash}work/main'`])
  assert.equal(check(`C:${'\\'}Users${'\\'}anna`).length, 1)
})

test('registries and download addresses are seen', () => {
  assert.equal(check(`https://${['registry', 'npmjs', 'org'].join('.')}/a`).length, 1)
  assert.equal(check(`https://files.${['pythonhosted', 'org'].join('.')}/a`).length, 1)
  assert.equal(check(`"resolved": "${'http'}s://mirror.example/a.tgz"`).length, 1)
})

test('what only looks like it is left alone', () => {
  assert.deepEqual(
    check('https://example.com/home/page ./root/x src/work/y /etc/passwd ~/home/ ../home/x'),
    [],
  )
  assert.deepEqual(check(`\0 ${slash}home/anna/`), [])
})
