/** What is promised to clients that speak OpenAI's API. */
import { promises, type Requirement } from './promises.ts'

export const OPENAI_REQUIREMENTS: readonly Requirement[] = [
  ...promises('design §1, §4: one key through both doors', {
    'DOOR-01': 'what a key spends through both doors is one sum in its budget, the report and the ledger',
    'DOOR-02': 'a budget that was spent at one door is spent at the other, and no client tries it again',
    'DOOR-03': 'GET /v1/models answers each client in the shape of the API that it speaks',
  }),
  ...promises('design §3: OpenAI in, OpenAI out', {
    'ONW-REQUEST-01': 'the bytes of a request reach an upstream of the same API as they came',
    'ONW-REQUEST-02': "only the model's name is replaced, where another one is meant",
    'ONW-REQUEST-03': 'only allowed headers travel on, with our credential and never the client’s',
    'ONW-REQUEST-04': 'what an upstream has goes to it as it is, as one request',
    'ONW-ANSWER-01': 'the bytes of an answer reach the client as they came, however they were cut',
    'ONW-ANSWER-02': 'an answer that is none, or is cut, is an error before or after its first byte',
    'ONW-STREAM-01': 'the events of a stream pass byte for byte, with names, comments and [DONE]',
    'ONW-STREAM-02': 'a stream is whole when it says so, and broken when it only ends',
    'ONW-STREAM-03': 'an error in the first event is an error answer, a later one breaks the stream',
    'ONW-RESPONSES-01': 'the events of a streamed response pass byte for byte, and the last one counts',
    'ONW-RESPONSES-02': 'an error event is an error answer, or breaks the stream',
    'ONW-USAGE-01': 'the usage that an answer tells is what is billed, by class',
    'ONW-USAGE-02':
      'where a budget is enforced a stream is asked for its usage, and the client sees the stream it asked for',
    'ONW-USAGE-03': 'usage that nobody told is estimated from what was written, pictures by the piece',
    'ONW-ERROR-01': "an upstream's error passes with its status and every byte, and when to come again",
    'ONW-ERROR-02': 'our own credential refused is our fault, and says nothing of the key',
  }),
  ...promises('OpenAI API and gemini-wire §23: the door', {
    'ODR-01': 'each path, method and key is answered as OpenAI answers, and at Google’s own paths as Google',
    'ODR-02':
      'messages, settings and forms arrive in Gemini’s words; what is lost is reported, or refused in strict mode',
    'ODR-03': 'each medium arrives and comes back as what it is, or is refused by its path',
    'ODR-04': 'functions arrive with their schemas as they are, and every way of choosing among them',
    'ODR-05': 'calls, results and signatures keep their ids, places and order in both directions',
    'ODR-06': 'reasoning_effort and the members of Google arrive as its own endpoint maps them',
    'ODR-07': 'embeddings come back in order, as numbers or in base64',
    'ODR-08': 'pictures come back as base64 or as data URLs, whichever verb the model is asked by',
    'ODR-09': 'an answer has the members that OpenAI documents, and every finish reason one of its words',
    'ODR-10': 'citations point at characters of the content, where Gemini counts bytes of a part',
    'ODR-11': 'usage comes back by class, in a stream in an event of its own where it was asked for',
    'ODR-12': 'a stream is the same however its bytes were cut, and its end comes last',
    'ODR-13': 'a failure has OpenAI’s shape with type, code and param, and breaks a stream that had begun',
    'ODR-14':
      'what money and limits read of a request is what the model is asked, and nothing of it stands there twice',
    'ODR-15': 'bad input of every kind is a clear 4xx in the shape of its door, and reaches no upstream',
  }),
]
