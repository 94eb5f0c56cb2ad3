/** What the golden cases have to prove, for each target: where others lose, err, or carry one way only. */

/** The targets that translate; `vertex` speaks Gemini's own wire. */
export const TRANSLATED = ['openai-chat', 'openai-responses', 'anthropic'] as const

/** What other gateways are known to lose on the way from a Gemini request to another provider. */
export const LOST_BY_OTHERS = [
  'thinking config',
  'thoughts given back',
  'thought signatures',
  'response schema',
  'declared parameters',
  'several function responses',
  'allowed function names',
  'search beside functions',
  'tools of Google alone',
  'code in the history',
  'grounding of the answer',
  'safety settings',
  'sampling',
  'media by their kind',
  'cached content',
  'usage',
  'finish reasons',
  'both spellings of a name',
] as const

/** Mistakes that were read in the sources of other converters. */
export const MISTAKES = [
  'ids of calls start again in each content',
  'only one form of parameters is copied',
  'config beside sampling is ignored',
  'text beside calls is dropped from the history',
  'few stop sequences are more than there are',
  'every medium is an image',
  'each piece of arguments is a call',
  'text beside calls is dropped from the answer',
  'thoughts are not split from the answer’s tokens',
  'empty lists are sent',
  'keywords of schemas are removed',
  'a function response is wrapped',
  'errors have another shape',
  'an error inside a stream is passed over',
  'search is dropped beside functions',
  'a temperature is made up',
  'a signature hides in an id',
  'signatures of another provider are passed on',
  'results do not follow the order of their calls',
] as const

/** What is carried both ways, whole and streamed. */
export const CARRIED = [
  'roles and turns',
  'system instruction',
  'media',
  'function declarations',
  'modes of calling',
  'parallel and repeated calls',
  'function responses with parts',
  'structured output',
  'thinking',
  'stop sequences',
  'sampling and limits',
  'candidates',
  'log probabilities',
  'safety',
  'citations',
  'usage by class',
  'finishing',
  'errors',
] as const

/** What only a stream can show. */
export const STREAMED_ONLY = ['a call in pieces', 'a broken stream'] as const
