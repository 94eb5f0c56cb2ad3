/**
 * What Wasat promises: one line a promise, with an id and the source that asks for it.
 * A test proves a promise by its id in its name, as `[WIRE-SSE-01] …`, or by the row of the catalogue that it plays.
 */

import { measured, promises, type Requirement } from './promises.ts'
import { MONEY_REQUIREMENTS } from './requirements-money.ts'
import { OPENAI_REQUIREMENTS } from './requirements-openai.ts'
import { OPENAI_SDK_REQUIREMENTS } from './requirements-openai-sdks.ts'
import { RELIABILITY_REQUIREMENTS } from './requirements-reliability.ts'
import { RESOURCE_REQUIREMENTS } from './requirements-resources.ts'
import { SANDBOX_REQUIREMENTS } from './requirements-sandbox.ts'
import { TRANSLATION_REQUIREMENTS } from './requirements-translation.ts'

export const REQUIREMENTS: readonly Requirement[] = [
  ...promises('Gemini API: paths and methods', {
    'PATH-01': ['/v1beta, /v1, /v1alpha and /v1beta1 serve the same routes; any other version is 404', 'B20'],
    'PATH-02': ['the project and publisher paths of the enterprise API lead to the same models', 'B21'],
    'PATH-03': [
      'repeated slashes are collapsed, an encoded colon is one, nothing else is decoded twice',
      'B17 B19',
    ],
    'PATH-04': [
      'a path that tries to climb or to hide is refused before anything reads it',
      'B08 B09 B10 B11 B12',
    ],
    'PATH-05': ['a wrong method is 405 with Allow, and TRACE never echoes', 'B35'],
    'PATH-06': ['an unknown verb reads as a model that cannot do it, an unknown route as no route', 'B18'],
    'PATH-07': ['a model name follows its grammar before it comes near a URL', 'B22 B23 B24 B25 B26'],
    'PATH-08': ['alt chooses the form of the answer, and two different ones are refused', 'B28'],
  }),
  ...promises('Gemini API: authentication', {
    'CARRIER-01': 'x-goog-api-key, Authorization: Bearer and ?key= carry the key alike',
    'CARRIER-02': ['two different keys in one request are refused', 'C-08'],
    'CARRIER-03': ['the same key by two carriers is one key', 'C-09'],
    'CARRIER-04': ["no key is 403 in Google's words", 'C-01 C-02'],
    'CARRIER-05': ["a wrong key is 400 API_KEY_INVALID in Google's words", 'C-03'],
  }),
  ...promises('Protocol Buffers: JSON mapping', {
    'JSON-01': 'camelCase and snake_case are read alike, also mixed in one request',
    'JSON-02': ['a field given twice, or under both its names, is refused', 'D23 D24 D25 D26'],
    'JSON-03':
      "an unknown field is refused with Google's text and its path, unless the upstream is the one to judge",
    'JSON-04': "a wrong scalar, enum or range is refused with Google's text, its path and its type",
    'JSON-05': ["a body that is no JSON is refused with Google's text", 'D06 D08 D09 D13 D18 D19'],
    'JSON-06': ['text that is no UTF-8 is refused, and no text is ever changed', 'F01 F02 F03 F04 F06'],
    'JSON-07': [
      'nesting, number of values and number of keys are bounded before the parser runs',
      'E01 E02 E04 E06',
    ],
  }),
  ...promises('Gemini API: errors', {
    'ERR-SHAPE-01':
      'every failure of a Gemini route is {"error":{code,message,status,details}} with a matching HTTP status',
    'ERR-MODEL-01': "a model that does not exist is Google's 404, whoever says so",
    'ERR-CONTENTS-01': "a request without contents gets the validator's text",
    'ERR-ROUTE-01': 'a path that does not exist is a 404 in the same shape',
    'ERR-LIMIT-01': ['a body beyond the limit is refused with the limit in the text, and unread', 'E14 E15'],
  }),
  ...promises('Gemini API: streamGenerateContent', {
    'WIRE-SSE-01': 'a stream that we write is data:, one line of JSON and a blank line, and nothing else',
    'WIRE-SSE-02':
      'the stream is text/event-stream, unzipped, and its first event leaves before the last is made',
    'WIRE-SSE-03': 'every write ends with a whole event',
    'WIRE-SSE-05': [
      'a stream that breaks ends in an error that every client notices, then a cut',
      'U33 U34 U35',
    ],
    'WIRE-SSE-06': ['a failure before the first event is a real status and a JSON body', 'U14 U32'],
    'WIRE-SSE-07': 'a blocked prompt is a whole stream',
    'WIRE-ARRAY-01': 'without alt=sse the stream is one JSON array, written element by element',
    'WIRE-ARRAY-02': 'a broken array stream gets the error as its last element, then a cut',
  }),
  ...promises('design: the native way', {
    'NATIVE-REQUEST-01': 'the bytes of a request reach a Gemini upstream as they came',
    'NATIVE-REQUEST-02': 'only allowed headers travel on, with our credential and never the client’s',
    'NATIVE-ANSWER-01': 'the bytes of an answer reach the client as they came, however they were cut',
    'NATIVE-STREAM-01': ['the events of a stream pass byte for byte, however they were cut', 'U28 U29'],
    'NATIVE-ERROR-01': "an upstream's error passes with its status and every byte",
    'NATIVE-ERROR-02': 'our own credential refused is our fault, and says nothing of the key',
    'NATIVE-REDIRECT-01': ['no redirect is followed, and no key leaves for another host', 'U15'],
    'NATIVE-TRUNCATED-01': ['an answer that was cut is an error, never half an answer', 'U27'],
    'NATIVE-LARGE-01': 'a request of 20 MiB inline data arrives byte for byte',
    'NATIVE-LARGE-02': 'a unary answer of 20 MiB passes byte for byte',
    'NATIVE-LARGE-03': 'one streamed event of 20 MiB passes byte for byte',
    'NATIVE-SLOW-01':
      'a client that does not read stops the upstream, and nothing is buffered beyond the bound',
    'NATIVE-DRAIN-01':
      'when the client leaves, the upstream is read to its end within bounds, and its usage is booked',
  }),
  ...promises('design: the line', {
    'ROUTE-01':
      'a model name finds its targets: exact, then the glob that spells out most, then upstream/model',
    'ROUTE-02': 'without an entry a name goes to the upstreams that are there',
    'FAILOVER-01': ['before the first byte the next target answers for one that failed', 'U01'],
    'FAILOVER-02': "nobody else is asked after the first byte, nor about a request's own fault",
    'FAILOVER-03': "the error of the only upstream is the client's answer, with its hint when to come again",
    'FAILOVER-04': ['several keys of an upstream take turns, and one that is refused gives way', 'U45'],
    'FAILOVER-05': ['attempts are bounded, over keys and targets, and end when the client is gone', 'U20'],
    'DEADLINE-01': ['the deadline that a client names holds over all attempts and a stream under way', 'C17'],
    'STREAMS-01':
      '2,000 streams at once: nobody who stays loses or reorders an event, and nothing is left behind',
  }),
  ...promises('Gemini API: models, countTokens, embedContent', {
    'MODELS-01':
      'models.list merges what the upstreams offer with what the configuration names, each name once',
    'MODELS-02': 'models.list is paged by pageSize and pageToken, and a bad token is refused',
    'MODELS-03': 'models.get gives one model, under its alias too; an unknown one is 404',
    'COUNT-01': 'countTokens answers with the tokens that generateContent would charge',
    'EMBED-01': 'embedContent and batchEmbedContents answer one vector a text, in the order of the texts',
  }),
  ...promises('design: the sandbox', {
    'SANDBOX-01': 'the same request gets the same answer, streamed or not',
    'SANDBOX-02': 'usageMetadata adds up, on the last chunk as in one piece, by a documented tokenizer',
    'SANDBOX-03': 'modelVersion, responseId and createTime are there, as in a real answer',
    'SANDBOX-04':
      'embeddings are deterministic; a whole one has length 1, and a shorter one is its beginning',
    'SANDBOX-05': 'it plays the Gemini families that the documentation of Gemini providers names',
  }),
  ...promises('Google Gen AI SDK: @google/genai 1.52, 2.32, 3.1 and Python google-genai', {
    'SDK-UNARY-01': 'generateContent gives text, finish reason and usage',
    'SDK-STREAM-01': 'generateContentStream gives chunks whose last one ends it and counts',
    'SDK-CHAT-01': 'a chat carries its history',
    'SDK-SYSTEM-01': 'a system instruction arrives and counts',
    'SDK-COUNT-01': 'countTokens works',
    'SDK-EMBED-01': 'one text is embedded',
    'SDK-EMBED-02': 'many texts are embedded in order',
    'SDK-MODELS-01': 'models are listed page by page',
    'SDK-MODELS-02': 'models are listed by iteration',
    'SDK-MODELS-03': 'one model is got',
    'SDK-KEY-01': "a wrong key is the SDK's own error with Google's text",
    'SDK-MODEL-01': "an unknown model is the SDK's own error with Google's text",
    'SDK-ABORT-01': 'an aborted stream ends at the client and settles at the gateway',
    'SDK-ABORT-02': 'a stream that is no longer read leaves nothing behind',
  }),
  ...promises('design: client keys', {
    'KEYS-01': 'a key is shown once, and only a keyed hash of it is kept',
    'KEYS-02': ['a disabled, rotated or deleted key stops working within a second', 'C-12 S25'],
    'KEYS-03': [
      'a key is known by all of it, compared in constant time, and its hash is no key',
      'C-16 C-17',
    ],
    'KEYS-04': ['many wrong keys from one address are slowed down, good ones from there are not', 'C-18'],
    'KEYS-05': ['client keys open nothing of the operator, admin keys nothing of the clients', 'C-14'],
    'KEYS-07': 'a key that the operator sets counts while it is set, and not a start longer',
    'KEYS-06': 'a key limited to models is told of no other: not in the list, not by another error',
  }),
  ...promises('design: the ledger', {
    'LEDGER-01': 'every answered request has exactly one usage row, durable before its last byte leaves',
    'LEDGER-02': ['a row that was told durable survives kill -9', 'S05'],
    'LEDGER-03': ['one process owns the database; a second one is refused and told who has it', 'S10'],
    'LEDGER-04': ['a damaged, newer or half migrated database is refused and left as it was', 'S11 S26'],
    'LEDGER-06': ['missing or broken usage is an estimate that says so; an error has used nothing', 'U40'],
    'LEDGER-05': ['a store that cannot write refuses requests and recovers', 'S01 S02'],
  }),
  ...promises('design: seen from outside', {
    'HEADER-01':
      'every answer has x-request-id; an answer of an upstream has x-wasat-upstream and x-wasat-attempts',
    'HEADER-02': "server-timing tells our own time and the upstream's",
    'HEALTH-01': '/livez and /readyz answer without a key, and readiness goes false when the shutdown begins',
    'METRICS-01': "/metrics is Prometheus' text format, with bounded labels",
    'LOG-01': ['the log is JSON, one line an event, without raw control characters', 'F11'],
    'REDACT-01': 'a secret in key, query, header or body is in no log line, no error and no database file',
    'CORS-01': ['a browser of an allowed origin may call, any other may not', 'B38'],
  }),
  ...promises('RFC 9110 and RFC 9112', {
    'EDGE-FRAMING-01': [
      'a message that two servers could frame differently is refused and the connection closed',
      'A01 A02 A13 A16',
    ],
    'EDGE-HOST-01': ['a wrong, missing or doubled Host is refused', 'B01 B02 B03 B04'],
    'EDGE-SLOW-01': ['a client that dawdles with head or body is cut off', 'A29 A40'],
    'EDGE-LIMIT-01': ['heads and bodies are bounded, alone and together', 'A44 A45 E19'],
  }),
  ...promises('design: starting, configuring, stopping', {
    'START-01': 'the first start prints both keys once, and where it listens',
    'START-02': 'the curl line that it prints answers with a candidate',
    'START-03': 'the JavaScript snippet that it prints answers',
    'START-04': 'the Python snippet that it prints answers',
    'CONFIG-01': 'flags win over the environment, it over the file, the file over the defaults',
    'CONFIG-02': 'an unknown key is refused with line, column and the best guess',
    'CONFIG-03': 'secrets are masked wherever the configuration is printed',
    'CONFIG-04': 'the JSON Schema and the reference come from the one definition',
    'CONFIG-05': ['a changed file is taken over as a whole, a bad one changes nothing', 'P13'],
    'CONFIG-06': 'upstreams are found in the environment when no file names them',
    'CONFIG-07': 'a bind beyond loopback without an admin key of the operator is refused',
    'CLI-01': 'every command has --json and an exit code that tells usage, failure and unreachable apart',
    'CLI-02':
      'keys are created, listed, shown, disabled, rotated and deleted, with or without a running gateway',
    'CLI-03': 'doctor tells what is wrong with the machine, the folder, the port and the upstreams',
    'CLI-04': 'on an old Node the one that came along is started',
    'STOP-01': ['streams end by themselves or are told, and the process leaves nothing open', 'P02'],
    'STOP-02': ['a second signal ends it now', 'P03'],
  }),
  ...promises('design: the shape of the code', {
    'CODE-01': 'imports point one way, rooms and providers do not know each other',
    'CODE-02': 'generated files are in step with the code',
    'CODE-03': 'no file holds a path or a registry of a developer’s machine',
    'CODE-04': 'every promise has a test, and every id that a test cites is a promise',
  }),
  ...measured('design: fast', 'npm run bench', {
    'BENCH-01': 'a unary request costs at most 5 times the CPU time of nginx',
    'BENCH-02': 'a burst stream costs at most 3.5 times the CPU time of nginx',
    'BENCH-03': 'a dripped event costs at most 2.7 times the CPU time of nginx',
    'BENCH-04': 'an open stream holds at most 90 KiB at 2,000 streams',
    'BENCH-05': 'it is ready one second after its start',
    'BENCH-11': 'a translated unary call costs at most 8 times the CPU time of nginx',
    'BENCH-12': 'an event of a translated stream costs at most 5 times the CPU time of nginx',
  }),
  ...MONEY_REQUIREMENTS,
  ...SANDBOX_REQUIREMENTS,
  ...RESOURCE_REQUIREMENTS,
  ...TRANSLATION_REQUIREMENTS,
  ...OPENAI_REQUIREMENTS,
  ...OPENAI_SDK_REQUIREMENTS,
  ...RELIABILITY_REQUIREMENTS,
]

/** The tables of bad inputs, and how many rows each of them has. */
export const CATALOGUE: readonly { prefix: string; title: string; rows: number }[] = [
  { prefix: 'A', title: 'framing and smuggling', rows: 50 },
  { prefix: 'B', title: 'target, host, path', rows: 38 },
  { prefix: 'C-', title: 'authentication input', rows: 19 },
  { prefix: 'D', title: 'JSON syntax', rows: 34 },
  { prefix: 'E', title: 'JSON bombs and shape', rows: 19 },
  { prefix: 'F', title: 'encoding and Unicode', rows: 15 },
  { prefix: 'G', title: 'prototype pollution and object tricks', rows: 7 },
  { prefix: 'H', title: 'what the fields mean', rows: 33 },
  { prefix: 'I', title: 'compressed requests', rows: 9 },
  { prefix: 'J', title: 'addresses to be fetched', rows: 20 },
  { prefix: 'K', title: 'injection into logs, headers, queries and metrics', rows: 13 },
  { prefix: 'L', title: 'admin API', rows: 20 },
]
