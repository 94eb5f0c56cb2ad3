/** What Wasat promises to OpenAI's own clients. */
import { promises, type Requirement } from './promises.ts'

export const OPENAI_SDK_REQUIREMENTS: readonly Requirement[] = [
  ...promises("OpenAI's own clients, JavaScript and Python, unchanged over every kind of target", {
    'OSDK-01':
      'a chat carries its history; a stream says what the whole answer says, with its usage at the end',
    'OSDK-02':
      'functions run to their end, parallel, streamed and parsed; a message goes back as the client gave it',
    'OSDK-03': 'answers are parsed into the caller’s types: Zod, Pydantic; JSON schemas and JSON of any form',
    'OSDK-04':
      'pictures, sounds and documents arrive, or are refused by a BadRequestError; speech comes back',
    'OSDK-05': 'embeddings in base64, as the clients ask by themselves, and as numbers',
    'OSDK-06': 'pictures are generated, as bytes and as a URL',
    'OSDK-07': 'models are listed and retrieved',
    'OSDK-08': 'every failure is the error class of its status, with type, code and param',
    'OSDK-09': 'a client comes again when Retry-After says, and not when a budget is spent',
    'OSDK-10': 'limits, stop sequences, seeds, samplers, several choices, log probabilities',
    'OSDK-11':
      'reasoning_effort and extra_body.google: thoughts beside the answer, sources as annotations, code that ran',
    'OSDK-12': 'a stream that the client leaves settles; one that breaks is an error',
    'OSDK-13':
      "the same by Google's own paths, with models/ before names, <thought> in texts, errors in a list",
  }),
]
