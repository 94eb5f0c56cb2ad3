/** What a model may be called. */

/**
 * A model's name is somebody's text on its way into our upstream's URL, so it follows a grammar, not an escaping:
 * segments of harmless characters, beginning with a letter, digit or underscore and ending in a letter or digit.
 */
const MODEL =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._@:+-]*[A-Za-z0-9])?\/)*[A-Za-z0-9_](?:[A-Za-z0-9._@:+-]*[A-Za-z0-9])?$/
const MODEL_CHARACTERS_MAX = 256

export function isModelName(name: string): boolean {
  return name.length <= MODEL_CHARACTERS_MAX && MODEL.test(name)
}

/** Of a name that is none, what an error may repeat. */
export function shownModel(name: string): string {
  return name.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?')
}
