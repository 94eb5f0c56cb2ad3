import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readScript } from './script.ts'

function spoken(prompt: string): string {
  return readScript(prompt, [])
    .lines.map(({ text }) => text.trim())
    .join('|')
}

describe('what is spoken', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ['Say cheerfully: Have a wonderful day!', 'Have a wonderful day!'],
    ['Please read this in a calm voice: It rains.', 'It rains.'],
    ['Have a wonderful day!', 'Have a wonderful day!'],
    ['Note: it rains.', 'Note: it rains.'],
    ['Say:', 'Say:'],
    ['In a spooky whisper: Something comes', 'Something comes'],
    ['The time is 10:30', 'The time is 10:30'],
  ]
  for (const [prompt, expected] of CASES) {
    it(prompt, () => assert.equal(spoken(prompt), expected))
  }

  it('the instruction decides how', () => {
    assert.ok(readScript('Say slowly: hello', []).delivery.rate < 1)
    assert.ok(readScript('Say cheerfully: hello', []).delivery.pitch > 1)
    assert.equal(readScript('Whisper: hello', []).delivery.isWhispered, true)
    assert.equal(readScript('Say: how slowly it rains', []).delivery.rate, 1)
  })

  it('lines are their speakers’, and a line of nobody’s is its predecessor’s', () => {
    const prompt =
      'TTS the following conversation between Joe and Jane:\nJoe: How are you?\nand yours?\n**Jane:** Fine.\nBob: Me too.\n'
    const { lines } = readScript(prompt, ['Joe', 'Jane'])
    assert.deepEqual(
      lines.map(({ speaker, text }) => [speaker, text.trim().replace(/^\**\s*/, '')]),
      [
        ['Joe', 'How are you?'],
        ['Joe', 'and yours?'],
        ['Jane', 'Fine.'],
        [undefined, 'Me too.'],
      ],
    )
  })

  it('a speaker whose name is a verb is no instruction', () => {
    const { lines } = readScript('Tell: hello there', ['Tell', 'Jane'])
    assert.deepEqual(
      lines.map(({ speaker, text }) => [speaker, text.trim()]),
      [['Tell', 'hello there']],
    )
  })

  it('says when there is more than can be spoken, and reads hostile text in a moment', () => {
    assert.equal(readScript('a'.repeat(50_000), []).isCut, true)
    const startedAt = process.cpuUsage()
    for (const unit of [' ', '*', 'Say ', 'a:', '\n', ': '])
      readScript(unit.repeat(1_000_000), ['Joe', 'Jane'])
    assert.ok(process.cpuUsage(startedAt).user < 1_500_000)
  })
})
